#include "ui/models/trust_store.h"

#include <QDir>
#include <QProcess>
#include <QStandardPaths>

#include <utility>

namespace gantry::models {

namespace {

QString database()
{
    return QStringLiteral("sql:") + TrustStore::databaseDirectory();
}

QString quoted(QString text)
{
    return u'\'' + text.replace(u'\'', QStringLiteral("'\\''")) + u'\'';
}

} // namespace

TrustStore::TrustStore(QObject* parent) : QObject(parent) {}

QString TrustStore::certutil()
{
    return QStandardPaths::findExecutable(QStringLiteral("certutil"));
}

QString TrustStore::databaseDirectory()
{
    return QDir::homePath() + QStringLiteral("/.pki/nssdb");
}

QString TrustStore::userCommand(const QString& name, const QString& file)
{
    return QStringLiteral("certutil -d %1 -A -t C,, -n %2 -i %3")
        .arg(quoted(database()), quoted(name), quoted(file));
}

QString TrustStore::systemCommand(const QString& file)
{
    return QStringLiteral("sudo cp %1 /usr/local/share/ca-certificates/gantry-local.crt && "
                          "sudo update-ca-certificates")
        .arg(quoted(file));
}

QString TrustStore::programLines(const QString& file, const QString& endpoint)
{
    return QStringLiteral("export NODE_EXTRA_CA_CERTS=%1\nexport AWS_CA_BUNDLE=%1\n"
                          "curl --cacert %1 %2/")
        .arg(quoted(file), endpoint);
}

void TrustStore::install(const QString& name, const QString& certificateFile)
{
    const auto add = [this, name, certificateFile] {
        run({QStringLiteral("-A"), QStringLiteral("-t"), QStringLiteral("C,,"),
             QStringLiteral("-n"), name, QStringLiteral("-i"), certificateFile},
            [this](bool ok, const QString& output) {
                Q_EMIT done(ok, output);
                if (ok)
                    Q_EMIT checked(true);
            });
    };
    if (QFile::exists(databaseDirectory() + QStringLiteral("/cert9.db")))
        return add();
    QDir().mkpath(databaseDirectory());
    run({QStringLiteral("-N"), QStringLiteral("--empty-password")},
        [this, add](bool ok, const QString& output) { ok ? add() : Q_EMIT done(false, output); });
}

void TrustStore::remove(const QString& name)
{
    run({QStringLiteral("-D"), QStringLiteral("-n"), name},
        [this](bool ok, const QString& output) {
            Q_EMIT done(ok, output);
            if (ok)
                Q_EMIT checked(false);
        });
}

void TrustStore::check(const QString& name)
{
    if (certutil().isEmpty() || !QDir(databaseDirectory()).exists())
        return Q_EMIT checked(false);
    run({QStringLiteral("-L"), QStringLiteral("-n"), name},
        [this](bool ok, const QString&) { Q_EMIT checked(ok); });
}

void TrustStore::run(const QStringList& arguments,
                     std::function<void(bool ok, const QString& output)> then)
{
    if (m_process)
        return;
    m_process = new QProcess(this);
    m_process->setProcessChannelMode(QProcess::MergedChannels);
    const auto finish = [this, then = std::move(then)](bool ok) {
        QProcess* const process = std::exchange(m_process, nullptr);
        if (!process)
            return;
        const QString output = QString::fromLocal8Bit(process->readAll()).trimmed();
        process->deleteLater();
        then(ok, output.isEmpty() ? process->errorString() : output);
    };
    connect(m_process, &QProcess::finished, this,
            [finish](int code, QProcess::ExitStatus status) {
                finish(code == 0 && status == QProcess::NormalExit);
            });
    connect(m_process, &QProcess::errorOccurred, this, [finish](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            finish(false);
    });
    m_process->start(certutil(), QStringList{QStringLiteral("-d"), database()} + arguments);
}

} // namespace gantry::models
