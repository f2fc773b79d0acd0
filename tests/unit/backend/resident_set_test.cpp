#include "backend/daemon/resident_set.h"

#include <QtTest>

#include <fstream>
#include <string>

using namespace gantry;

namespace {

// Kilobytes of the files that this process has mapped and resident.
long residentFilePages()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind("RssFile:", 0) == 0)
            return std::stol(line.substr(8));
    }
    return -1;
}

} // namespace

class ResidentSetTest final : public QObject {
    Q_OBJECT
private slots:
    void programPagesAreReleasedAndComeBack();
};

void ResidentSetTest::programPagesAreReleasedAndComeBack()
{
    // The start has touched most of what the libraries initialise.
    const long before = residentFilePages();
    QVERIFY(before > 0);
    releaseProgramPages();
    const long after = residentFilePages();
    QVERIFY2(after < before * 3 / 4, qPrintable(QString("%1 kB before, %2 after").arg(before).arg(after)));
    // Data that was relocated or written, and code, are what they were.
    static const char* const words[] = {"still", "here"};
    QCOMPARE(QString("%1 %2").arg(words[0], words[1]), QString("still here"));
    QCOMPARE(QString("b,a").split(',').size(), 2);
}

QTEST_APPLESS_MAIN(ResidentSetTest)
#include "resident_set_test.moc"
