// The price tables at the real console and daemon: a price is changed, counts for the next call and
// not for the one before; tables are duplicated, exported, imported, put to use and deleted.
// With GANTRY_SCREENSHOTS=DIR the tab is also saved there, light and dark.
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"

#include "ui/models/price_fields_model.h"
#include "ui/rpc/cost_api.h"
#include "ui/rpc/functions_api.h"
#include "ui/widgets/theme.h"

#include <QFileDialog>
#include <QInputDialog>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTableView>

using namespace gantry;
using models::PriceFieldsModel;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

class PriceTablesTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<test::ConsoleDriver>();
        m_driver->start();
        EVENTUALLY(m_driver->find("welcomeNew"));
        m_driver->drop(m_driver->write("adder", "app.py",
                                       "def handler(event, context):\n"
                                       "    return 1\n"));
        EVENTUALLY(m_driver->find("deployStart") && m_driver->find("deployStart")->isEnabled());
        click("deployStart");
        EVENTUALLY(m_driver->find("deployTest"));
        click("deployTest");
        EVENTUALLY(!m_driver->find("deployDialog"));
        m_driver->window().openRoute(QStringLiteral("cost/prices"));
        EVENTUALLY(m_driver->find("priceFields") && fields().rowCount() > 40);
    }
    void init()
    {
        if (m_broken)
            QSKIP("the session did not get so far");
    }
    void cleanup() { m_broken = m_broken || QTest::currentTestFailed(); }
    void cleanupTestCase() { m_driver.reset(); }

    void withoutBudgetsTheTabSaysWhatTheyAre()
    {
        m_driver->window().openRoute(QStringLiteral("cost/budgets"));
        EVENTUALLY(m_driver->find("noBudgets"));
        QVERIFY(!m_driver->find("budgets") && !m_driver->find("deleteBudget"));
        m_driver->window().openRoute(QStringLiteral("cost/prices"));
        EVENTUALLY(m_driver->find("priceFields"));
    }

    void theShippedTableIsInUse()
    {
        QCOMPARE(cell(0, 0), QString("us-east-1"));
        QCOMPARE(cell(0, 2), QString("shipped"));
        QCOMPARE(cell(0, 3), QString("in use"));
        QVERIFY(!get("usePriceTable")->isEnabled() && !get("removePriceTable")->isEnabled());
        QVERIFY(!get("savePriceTable")->isEnabled());
        QCOMPARE(test::controlProblems(*get("costPage")).join(QLatin1String("; ")), QString());
        save("shipped");
    }

    void nonsenseIsSaidAndNotTaken()
    {
        type("Request", "cheap");
        EVENTUALLY(label("pricesProblem").contains(QLatin1String("decimals")));
        QVERIFY(!get("savePriceTable")->isEnabled());
        save("refused");
    }

    void aChangedPriceCountsForTheNextCall()
    {
        call();
        EVENTUALLY(listed() > pricing::Money());
        const pricing::Money before = listed();
        QVERIFY(before < *pricing::Money::parse("0.001"));
        type("Request", "0.5");
        EVENTUALLY(get("savePriceTable")->isEnabled());
        save("changed");
        click("savePriceTable");
        EVENTUALLY(cell(0, 2) == QLatin1String("yours"));
        QVERIFY(label("pricesSince").contains(QLatin1String("since")));
        QCOMPARE(listed(), before); // what was charged stays
        call();
        EVENTUALLY(listed() - before > *pricing::Money::parse("0.5"));
        QVERIFY(listed() - before < *pricing::Money::parse("0.501"));
        const auto audit = m_driver->answer<rpc::BillAudit>(
            [&](auto done) { rpc::CostApi(channel()).auditBill({}, &m_driver->window(), done); });
        QVERIFY(audit && audit->agrees && audit->records == 2);
    }

    void aTableIsDuplicatedAndPutToUse()
    {
        click("duplicatePriceTable");
        EVENTUALLY(m_driver->window().findChild<QInputDialog*>());
        auto* dialog = m_driver->window().findChild<QInputDialog*>();
        dialog->setTextValue(QStringLiteral("mars-north-1"));
        dialog->accept();
        EVENTUALLY(rows() == 2 && label("priceTableTitle").startsWith(QLatin1String("mars")));
        type("Request", "0.25");
        EVENTUALLY(get("savePriceTable")->isEnabled());
        click("savePriceTable");
        EVENTUALLY(!get("savePriceTable")->isEnabled());
        click("usePriceTable");
        EVENTUALLY(cell(0, 0) == QLatin1String("mars-north-1") &&
                   cell(0, 3) == QLatin1String("in use"));
        QVERIFY(!get("removePriceTable")->isEnabled()); // while it is in use
        const pricing::Money before = listed();
        call();
        EVENTUALLY(listed() - before > *pricing::Money::parse("0.25"));
        QVERIFY(listed() - before < *pricing::Money::parse("0.251"));
        save("mars");
    }

    void aTableTravelsAsAFile()
    {
        const QString path = m_driver->path("mars.json");
        click("exportPriceTable");
        EVENTUALLY(m_driver->window().findChild<QFileDialog*>());
        choose(path);
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QJsonObject table = QJsonDocument::fromJson(file.readAll()).object();
        file.close();
        QCOMPARE(table["usd_per_request"].toString(), QString("0.25"));
        table["region"] = "venus-1";
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QJsonDocument(table).toJson());
        file.close();
        click("importPriceTable");
        EVENTUALLY(m_driver->window().findChild<QFileDialog*>());
        choose(path);
        EVENTUALLY(rows() == 3 && label("priceTableTitle").startsWith(QLatin1String("venus")));

        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{\"region\": \"pluto\", \"usd_per_request\": 1}");
        file.close();
        click("importPriceTable");
        EVENTUALLY(m_driver->window().findChild<QFileDialog*>());
        choose(path);
        EVENTUALLY(!label("pricesProblem").isEmpty());
        QCOMPARE(rows(), 3);
    }

    void tablesOfOnesOwnCanBeDeleted()
    {
        get<QTableView>("priceTables")->selectRow(2);
        EVENTUALLY(label("priceTableTitle").startsWith(QLatin1String("venus")));
        click("removePriceTable");
        EVENTUALLY(rows() == 2);
        get<QTableView>("priceTables")->selectRow(1);
        EVENTUALLY(get<QPushButton>("removePriceTable")->text() == QLatin1String("Reset"));
        click("removePriceTable");
        EVENTUALLY(cell(1, 2) == QLatin1String("shipped"));
        QCOMPARE(fields().index(rowOf("Request"), PriceFieldsModel::Value).data().toString(),
                 QString("0.0000002"));
    }

private:
    template <class T = QWidget> T* get(const char* name)
    {
        T* found = m_driver->find<T>(name);
        if (!found)
            qFatal("no visible widget %s", name);
        return found;
    }
    void click(const char* name) { QTest::mouseClick(get(name), Qt::LeftButton); }
    QString label(const char* name)
    {
        const auto* found = m_driver->find<QLabel>(name);
        return found ? found->text() : QString();
    }
    QAbstractItemModel& fields() { return *get<QTableView>("priceFields")->model(); }
    int rows() { return get<QTableView>("priceTables")->model()->rowCount(); }
    QString cell(int row, int column)
    {
        return get<QTableView>("priceTables")->model()->index(row, column).data().toString();
    }
    int rowOf(const QString& what)
    {
        for (int row = 0; row < fields().rowCount(); ++row)
            if (fields().index(row, PriceFieldsModel::What).data().toString() == what)
                return row;
        qFatal("no row %s", qPrintable(what));
        return -1;
    }
    // As a user does: into the cell, the text, Enter.
    void type(const QString& what, const QString& text)
    {
        auto* view = get<QTableView>("priceFields");
        const QModelIndex index = fields().index(rowOf(what), PriceFieldsModel::Value);
        view->scrollTo(index);
        view->setCurrentIndex(index);
        view->edit(index);
        auto* editor = view->viewport()->findChild<QLineEdit*>();
        QVERIFY(editor);
        editor->selectAll();
        QTest::keyClicks(editor, text);
        QTest::keyClick(editor, Qt::Key_Return);
    }
    void choose(const QString& path)
    {
        auto* dialog = m_driver->window().findChild<QFileDialog*>();
        Q_EMIT dialog->fileSelected(path);
        dialog->close();
        EVENTUALLY(!m_driver->window().findChild<QFileDialog*>());
    }
    rpc::Channel& channel()
    {
        if (!m_channel) {
            m_channel = std::make_unique<rpc::Channel>();
            m_channel->open(m_driver->path("gantryd.sock"));
            static_cast<void>(
                QTest::qWaitFor([this] { return m_channel->isConnected(); }, kPatienceMs));
        }
        return *m_channel;
    }
    void call()
    {
        rpc::InvokeRequest request;
        request.function = QStringLiteral("adder");
        request.payload = "{}";
        const auto reply = m_driver->answer<rpc::InvokeReply>([&](auto done) {
            rpc::FunctionsApi(channel()).invoke(request, &m_driver->window(), done);
        });
        QVERIFY(reply && reply->functionError.isEmpty());
    }
    pricing::Money listed()
    {
        const auto bill = m_driver->answer<rpc::Bill>(
            [&](auto done) { rpc::CostApi(channel()).getBill({}, &m_driver->window(), done); });
        return bill ? bill->listed : pricing::Money();
    }
    void save(const char* name)
    {
        const QString target = qEnvironmentVariable("GANTRY_SCREENSHOTS");
        auto& theme = widgets::Theme::current();
        for (const bool dark : {false, true}) {
            if (target.isEmpty())
                return;
            theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
            QTest::qWait(300);
            m_driver->window().grab().save(
                QStringLiteral("%1/prices-%2-%3.png")
                    .arg(target, QLatin1String(name),
                         dark ? QStringLiteral("dark") : QStringLiteral("light")));
        }
        theme.setMode(widgets::Theme::Mode::Light);
    }

    std::unique_ptr<test::ConsoleDriver> m_driver;
    std::unique_ptr<rpc::Channel> m_channel;
    bool m_broken = false;
};

int main(int argc, char** argv)
{
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    for (const char* folder : {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"})
        qputenv(folder, settings.path().toLocal8Bit());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-test"));
    QApplication application(argc, argv);
    widgets::Theme::current().install(application);
    PriceTablesTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "price_tables_test.moc"
