// The trust in the local authority: the commands that are shown, and certutil's part with a program
// in its place that writes down what it was asked.
#include "ui/models/trust_store.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using gantry::models::TrustStore;

class TrustStoreTest final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void namesTheCommands();
    void saysWhenThereIsNoCertutil();
    void installsForServersOnly();
    void tellsWhatFailed();

private:
    void putCertutil(const QByteArray& script);
    QStringList calls() const;

    std::unique_ptr<QTemporaryDir> m_home;
};

void TrustStoreTest::init()
{
    m_home = std::make_unique<QTemporaryDir>();
    qputenv("HOME", m_home->path().toLocal8Bit());
    qputenv("PATH", m_home->filePath("bin").toLocal8Bit());
    QVERIFY(QDir(m_home->path()).mkdir("bin"));
}

void TrustStoreTest::putCertutil(const QByteArray& script)
{
    QFile file(m_home->filePath("bin/certutil"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("#!/bin/sh\necho \"$@\" >> '" + m_home->filePath("calls").toLocal8Bit() + "'\n" + script);
    file.close();
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
}

QStringList TrustStoreTest::calls() const
{
    QFile file(m_home->filePath("calls"));
    return file.open(QIODevice::ReadOnly)
               ? QString::fromLocal8Bit(file.readAll()).split(u'\n', Qt::SkipEmptyParts)
               : QStringList();
}

void TrustStoreTest::namesTheCommands()
{
    QCOMPARE(TrustStore::systemCommand("/data/it's here/ca.pem"),
             "sudo cp '/data/it'\\''s here/ca.pem' /usr/local/share/ca-certificates/gantry-local.crt "
             "&& sudo update-ca-certificates");
    QCOMPARE(TrustStore::userCommand("CA 1", "/ca.pem"),
             "certutil -d 'sql:" + m_home->path() + "/.pki/nssdb' -A -t C,, -n 'CA 1' -i '/ca.pem'");
    QVERIFY(TrustStore::programLines("/ca.pem", "https://localhost:1")
                .endsWith("curl --cacert '/ca.pem' https://localhost:1/"));
}

void TrustStoreTest::saysWhenThereIsNoCertutil()
{
    QVERIFY(TrustStore::certutil().isEmpty());
    TrustStore store;
    QSignalSpy checked(&store, &TrustStore::checked);
    store.check("CA 1");
    QCOMPARE(checked.size(), 1);
    QCOMPARE(checked[0][0].toBool(), false);
}

void TrustStoreTest::installsForServersOnly()
{
    putCertutil("exit 0\n");
    TrustStore store;
    QSignalSpy done(&store, &TrustStore::done);
    QSignalSpy checked(&store, &TrustStore::checked);
    store.install("CA 1", "/ca.pem");
    QTRY_COMPARE_WITH_TIMEOUT(done.size(), 1, 20'000);
    QCOMPARE(done[0][0].toBool(), true);
    QCOMPARE(checked.size(), 1);
    const QString database = "-d sql:" + m_home->path() + "/.pki/nssdb ";
    QCOMPARE(calls(), (QStringList{database + "-N --empty-password",
                                   database + "-A -t C,, -n CA 1 -i /ca.pem"}));
    store.remove("CA 1");
    QTRY_COMPARE_WITH_TIMEOUT(done.size(), 2, 20'000);
    QCOMPARE(calls().last(), database + "-D -n CA 1");
    QCOMPARE(checked.last()[0].toBool(), false);
}

void TrustStoreTest::tellsWhatFailed()
{
    putCertutil("echo 'the database is locked'\nexit 255\n");
    TrustStore store;
    QSignalSpy done(&store, &TrustStore::done);
    store.install("CA 1", "/ca.pem");
    QTRY_COMPARE_WITH_TIMEOUT(done.size(), 1, 20'000);
    QCOMPARE(done[0][0].toBool(), false);
    QCOMPARE(done[0][1].toString(), "the database is locked");
    QVERIFY(!store.isBusy());
}

QTEST_GUILESS_MAIN(TrustStoreTest)
#include "trust_store_test.moc"
