#include "backend/api/extension_cache.h"

#include "aws/secretsmanager.pb.h"

#include <QtTest>

using namespace gantry;
using api::ExtensionCache;
using api::ExtensionSettings;
using Kind = ExtensionCache::Kind;

namespace {

constexpr std::int64_t kSecond = 1'000'000;

ExtensionCache::Value secret(const std::string& text)
{
    auto value = std::make_shared<aws::secretsmanager::GetSecretValueResponse>();
    value->set_secret_string(text);
    return value;
}

std::string text(const ExtensionCache::Value& value)
{
    return value ? static_cast<const aws::secretsmanager::GetSecretValueResponse&>(*value)
                       .secret_string()
                 : std::string();
}

} // namespace

class ExtensionCacheTest : public QObject {
    Q_OBJECT

private slots:
    void settingsAreTheExtensions()
    {
        const ExtensionSettings defaults = api::extensionSettings({});
        QCOMPARE(defaults.port, 2773);
        QCOMPARE(defaults.items, 1'000u);
        QCOMPARE(defaults.secretMicros, 300 * kSecond);
        QCOMPARE(defaults.parameterMicros, 300 * kSecond);
        const ExtensionSettings chosen =
            api::extensionSettings({{"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "3000"},
                                    {"PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE", "7"},
                                    {"SECRETS_MANAGER_TTL", "9"},
                                    {"SSM_PARAMETER_STORE_TTL", "0"}});
        QCOMPARE(chosen.port, 3000);
        QCOMPARE(chosen.items, 7u);
        QCOMPARE(chosen.secretMicros, 9 * kSecond);
        QCOMPARE(chosen.parameterMicros, 0);
        QCOMPARE(
            api::extensionSettings({{"PARAMETERS_SECRETS_EXTENSION_CACHE_ENABLED", "FALSE"}}).items,
            0u);
    }

    void nonsenseKeepsTheDefaults()
    {
        for (const char* text : {"", "x", "-1", "1.5", "99999999999999999999"}) {
            const ExtensionSettings settings =
                api::extensionSettings({{"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", text},
                                        {"PARAMETERS_SECRETS_EXTENSION_CACHE_SIZE", text},
                                        {"SECRETS_MANAGER_TTL", text}});
            QCOMPARE(settings.port, 2773);
            QCOMPARE(settings.items, 1'000u);
            QCOMPARE(settings.secretMicros, 300 * kSecond);
        }
        QCOMPARE(api::extensionSettings({{"SECRETS_MANAGER_TTL", "4000"}}).secretMicros,
                 300 * kSecond);
        for (const char* port : {"80", "9001", "4566", "65536"})
            QCOMPARE(
                api::extensionSettings({{"PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port}}).port,
                2773);
    }

    void answersLiveTheirTime()
    {
        ExtensionSettings settings;
        settings.secretMicros = 10 * kSecond;
        settings.parameterMicros = 20 * kSecond;
        ExtensionCache cache(settings);
        cache.put(Kind::Secret, "key", secret("a"), 0);
        cache.put(Kind::Parameter, "key", secret("b"), 0);
        QCOMPARE(text(cache.find(Kind::Secret, "key", 9 * kSecond)), std::string("a"));
        QVERIFY(!cache.find(Kind::Secret, "key", 10 * kSecond));
        QVERIFY(!cache.find(Kind::Secret, "key", 1 * kSecond)); // it is gone
        QCOMPARE(text(cache.find(Kind::Parameter, "key", 19 * kSecond)), std::string("b"));
        cache.put(Kind::Parameter, "key", secret("c"), 19 * kSecond);
        QCOMPARE(text(cache.find(Kind::Parameter, "key", 38 * kSecond)), std::string("c"));
    }

    void theLongestUnusedGoes()
    {
        ExtensionSettings settings;
        settings.items = 2;
        ExtensionCache cache(settings);
        cache.put(Kind::Secret, "a", secret("a"), 0);
        cache.put(Kind::Secret, "b", secret("b"), 0);
        QVERIFY(cache.find(Kind::Secret, "a", 1));
        cache.put(Kind::Secret, "c", secret("c"), 1);
        QVERIFY(cache.find(Kind::Secret, "a", 2));
        QVERIFY(!cache.find(Kind::Secret, "b", 2));
        QVERIFY(cache.find(Kind::Secret, "c", 2));
    }

    void itsMemoryIsBounded()
    {
        ExtensionCache cache({});
        const std::string large(60'000, 'x');
        for (int i = 0; i < 100; ++i)
            cache.put(Kind::Secret, std::to_string(i), secret(large), 0);
        std::size_t kept = 0;
        for (int i = 0; i < 100; ++i)
            kept += text(cache.find(Kind::Secret, std::to_string(i), 1)).size();
        QVERIFY(kept > ExtensionCache::kMaxBytes / 2);
        QVERIFY(kept <= ExtensionCache::kMaxBytes);
        QVERIFY(cache.find(Kind::Secret, "99", 1));
        cache.put(Kind::Secret, "huge", secret(std::string(ExtensionCache::kMaxBytes, 'x')), 0);
        QVERIFY(!cache.find(Kind::Secret, "huge", 1));
    }

    void aCacheEndsWithItsHandle()
    {
        api::ExtensionCaches caches;
        QVERIFY(!caches.find("ASIA1"));
        auto handle = caches.open("ASIA1", {});
        const auto other = caches.open("ASIA2", {});
        caches.find("ASIA1")->put(Kind::Secret, "key", secret("a"), 0);
        QVERIFY(!caches.find("ASIA2")->find(Kind::Secret, "key", 1));
        handle.reset();
        QVERIFY(!caches.find("ASIA1"));
        QVERIFY(caches.find("ASIA2"));
    }
};

QTEST_GUILESS_MAIN(ExtensionCacheTest)
#include "extension_cache_test.moc"
