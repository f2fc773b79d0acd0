// The rows of a price table: what they show, what they take, and what they leave alone.
#include "ui/models/price_fields_model.h"

#include <QAbstractItemModelTester>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSignalSpy>
#include <QtTest>

using gantry::models::PriceFieldsModel;

class PriceFieldsModelTest final : public QObject {
    Q_OBJECT

private:
    static QByteArray shipped()
    {
        QFile file(QStringLiteral(GANTRY_SOURCE_DIR "/resources/prices/lambda-us-east-1.json"));
        if (!file.open(QIODevice::ReadOnly))
            qFatal("no price table");
        return file.readAll();
    }
    static QModelIndex rowOf(const PriceFieldsModel& model, const QString& what)
    {
        for (int row = 0; row < model.rowCount(); ++row)
            if (model.index(row, PriceFieldsModel::What).data().toString() == what)
                return model.index(row, PriceFieldsModel::Value);
        return {};
    }

private Q_SLOTS:
    void everyNumberOfTheTableHasARow()
    {
        PriceFieldsModel model;
        const QAbstractItemModelTester tester(&model);
        model.setJson(shipped());
        QCOMPARE(rowOf(model, "Request").data().toString(), QString("0.0000002"));
        QCOMPARE(rowOf(model, "Duration, arm64, tier 2").data().toString(),
                 QString("0.0000120001"));
        QCOMPARE(rowOf(model, "Duration, x86_64, tier 1 up to").data().toString(),
                 QString("6,000,000,000"));
        QCOMPARE(rowOf(model, "Free memory-time").data().toString(), QString("400,000"));
        QVERIFY(!rowOf(model, "Duration, x86_64, tier 3 up to").isValid()); // has no end
        // Of the numbers in the file only the two zeros of the last tiers have no row.
        static const QRegularExpression number(QStringLiteral(": \"?[0-9][0-9.]*\"?[,\n }]"));
        auto found = number.globalMatch(QString::fromUtf8(shipped()));
        int numbers = 0;
        for (; found.hasNext(); found.next())
            ++numbers;
        QCOMPARE(model.rowCount() - 2, numbers - 2); // and two texts: date and source
    }

    void aChangeStaysInItsPlace()
    {
        PriceFieldsModel model;
        model.setJson(shipped());
        QVERIFY(!model.isChanged());
        const QModelIndex tier = rowOf(model, "Duration, arm64, tier 2");
        QVERIFY(model.setData(tier, " 0.00002 ", Qt::EditRole));
        QVERIFY(model.isChanged() && tier.data(PriceFieldsModel::ChangedRole).toBool());
        QVERIFY(model.setData(rowOf(model, "/tmp, included"), "1024", Qt::EditRole));
        QJsonObject was = QJsonDocument::fromJson(shipped()).object();
        QJsonObject is = QJsonDocument::fromJson(model.json()).object();
        const auto secondTier = [](const QJsonObject& table) {
            return table[QLatin1String("arm64")]
                .toObject()[QLatin1String("duration")]
                .toArray()[1]
                .toObject();
        };
        QCOMPARE(secondTier(is)[QLatin1String("usd_per_gb_second")].toString(), QString("0.00002"));
        QCOMPARE(secondTier(is)[QLatin1String("up_to_gb_seconds")],
                 secondTier(was)[QLatin1String("up_to_gb_seconds")]);
        // A number stays a number.
        QCOMPARE(is[QLatin1String("tmp_included_mb")].toInt(), 1024);
        for (const char* changed : {"arm64", "tmp_included_mb"}) {
            was.remove(QLatin1String(changed));
            is.remove(QLatin1String(changed));
        }
        QCOMPARE(is, was);
    }

    void nonsenseIsRefusedWithWords_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("text");
        QTest::newRow("price") << "Request"
                               << "free";
        QTest::newRow("empty price") << "Request"
                                     << "";
        QTest::newRow("negative price") << "Request"
                                        << "-1";
        QTest::newRow("decimals") << "Request"
                                  << "0.00000000001";
        QTest::newRow("count") << "Free requests"
                               << "1.5";
        QTest::newRow("negative count") << "Free requests"
                                        << "-1";
        QTest::newRow("date") << "Prices of"
                              << "yesterday";
    }
    void nonsenseIsRefusedWithWords()
    {
        QFETCH(QString, what);
        QFETCH(QString, text);
        PriceFieldsModel model;
        model.setJson(shipped());
        QSignalSpy refused(&model, &PriceFieldsModel::refused);
        QVERIFY(!model.setData(rowOf(model, what), text, Qt::EditRole));
        QCOMPARE(refused.size(), 1);
        QVERIFY(refused[0][0].toString().startsWith(what));
        QVERIFY(!model.isChanged());
    }

    void noTableHasNoRows()
    {
        PriceFieldsModel model;
        model.setJson("{");
        QVERIFY(model.isEmpty());
    }
};

QTEST_GUILESS_MAIN(PriceFieldsModelTest)
#include "price_fields_model_test.moc"
