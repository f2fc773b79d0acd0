// What counts as a pasted secret, and, as important, what does not.
#include "backend/secrets/pasted_secrets.h"

#include <QtTest>

#include <string>

using namespace gantry::secrets;

namespace {

// In two parts, so that nobody's scanner takes the test for a leak.
std::string joined(const char* head, const char* tail) { return std::string(head) + tail; }

std::string kindOf(const char* name, const std::string& value)
{
    const auto found = suspect(name, value);
    return found ? found->kind : std::string();
}

} // namespace

class PastedSecretsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void knownFormsAreFoundWhateverTheirName()
    {
        const std::pair<std::string, const char*> cases[] = {
            {joined("AKIA", "QYLPMN5HFIQR7XYZ"), "AWS access key"},
            {joined("ghp_", "16C7e42F292c6912E7710c838347Ae178B4a"), "GitHub token"},
            {joined("glpat-", "x8Yq2LmN4pRsTuVw9zAb"), "GitLab token"},
            {joined("xoxb-", "263594206564-FGqddMF8t08v8N7Oq4i57vs1"), "Slack token"},
            {joined("sk_live_", "4eC39HqLyjWDarjtT1zdp7dc"), "Stripe key"},
            {joined("AIza", "SyDaGmWKa4JsXZHjGw7ISLn3namBGewQe7a"), "Google API key"},
            {joined("npm_", "a7Yx2LmN4pRsTuVw9zAbCdEfGhIjKl5nOpQr"), "npm token"},
            {joined("SG.", "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5cr"), "SendGrid key"},
            {joined("sk-ant-", "api03-Zq8Lm2Np4Rs6Tu8Vw0Xy"), "Anthropic API key"},
            {joined("postgres://shop:", "s3cr3t@db.internal:5432/shop"), "address with a password"},
            {joined("eyJhbGciOiJIUzI1NiJ9.", "eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"), "JSON web token"},
            {joined("-----BEGIN RSA PRIVATE KEY-----\n", "MIIEpAIBAAKCAQEA7bq9\n-----END RSA PRIVATE KEY-----"),
             "private key"},
        };
        for (const auto& [value, kind] : cases) {
            QCOMPARE(kindOf("PLAIN", value), std::string(kind));
            QCOMPARE(suspect("PLAIN", value)->text, value);
        }
    }

    void aTellingNameIsEnough()
    {
        for (const char* name : {"DB_PASSWORD", "dbPassword", "API_KEY", "STRIPE_SECRET", "AUTH_TOKEN_2",
                                 "CLIENT_SECRET_PROD", "SMTP_PASSWD", "PRIVATE_KEY"})
            QVERIFY2(!kindOf(name, "hunter2-and-more").empty(), name);
    }

    void aRandomTextNeedsNoName()
    {
        QCOMPARE(kindOf("SERVICE", joined("q7Xz2Lm", "N4pRs9TuVw3Ab8CdEf")), std::string("a random text"));
    }

    void ordinarySettingsAreLeftAlone()
    {
        const std::pair<const char*, const char*> cases[] = {
            {"LOG_LEVEL", "debug"},
            {"TABLE_NAME", "orders-production-eu-central-1"},
            {"TOKEN_TTL", "3600"},
            {"MAX_TOKEN", "4096"},
            {"PASSWORD_POLICY", "strict-for-everyone"},
            {"DB_PASSWORD", "changeme"},
            {"DB_PASSWORD", "<your password>"},
            {"DB_PASSWORD", "${DB_PASSWORD}"},
            {"USE_SECRET", "false"},
            {"DB_SECRET", "prod/database"},
            {"DB_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:000000000000:secret:db-AbCdEf"},
            {"TOKEN_URL", "https://login.internal/oauth/token"},
            {"GIT_COMMIT", "9fceb02d0ae598e95dc970b74767f19372d61af8"},
            {"BUILD", "9fceb02d0ae598e95dc970b74767f19372d61af8"},
            {"TENANT", "3b241101-e2bb-4255-8caf-4136c566a962"},
            {"CLASS", "com.shop.orders.MyVeryLongHandlerClass12Something"},
            {"TITLE", "MyVeryLongHandlerClass12SomethingElse"},
            {"PATHS", "/usr/local/bin:/usr/bin:/bin"},
            {"ENDPOINT", "https://queue.internal:8443/jobs"},
            {"KEY", joinedExample()},
            {"EMPTY_PASSWORD", ""},
        };
        for (const auto& [name, value] : cases)
            QVERIFY2(kindOf(name, value).empty(), qPrintable(QString::fromStdString(
                                                      std::string(name) + ": " + kindOf(name, value))));
    }

    void linesOfCodeAreNamed()
    {
        const std::string key = joined("sk_live_", "4eC39HqLyjWDarjtT1zdp7dc");
        const auto found = suspectLines("import os\n"
                                        "STRIPE_KEY = \"" + key + "\"\n"
                                        "config = {\n"
                                        "    'db_password': 'enigma-42',\n"
                                        "}\n");
        QCOMPARE(found.size(), std::size_t(2));
        QCOMPARE(found[0].line, 2);
        QCOMPARE(found[0].name, std::string("STRIPE_KEY"));
        QCOMPARE(found[0].suspicion.text, key);
        QCOMPARE(found[1].line, 4);
        QCOMPARE(found[1].name, std::string("db_password"));
        QCOMPARE(found[1].suspicion.text, std::string("enigma-42"));
    }

    void ordinaryCodeIsLeftAlone()
    {
        const char* const lines[] = {
            "password = os.environ[\"DB_PASSWORD\"]",
            "token = event[\"headers\"][\"Authorization\"]",
            "const token = \"access_token\";",
            "header = {\"x-auth-token\": \"X-Auth-Token\"}",
            "secret = client.get_secret_value(SecretId=\"prod/database\")",
            "SECRET = \"prod/database-2\"",
            "raise ValueError(\"password: must not be empty\")",
            "# api_key = \"your-api-key-1\"",
            "password = \"${PASSWORD_1}\"",
            "class TokenBucket: pass",
            "css = \"sk-navigation-bar-item\"",
            "if line.startswith(\"-----BEGIN RSA PRIVATE KEY-----\"):",
            "integrity=\"sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC\"",
        };
        for (const char* line : lines)
            QVERIFY2(suspectLines(line).empty(), line);
    }

    void aPrivateKeyIsTakenWhole()
    {
        const std::string pem = joined("-----BEGIN PRIVATE KEY-----\n", "MIIEvQIBADANBgkqhkiG9w0B\nAQEFAASC\n"
                                                                        "-----END PRIVATE KEY-----");
        const auto found = suspectLines("first\n" + pem + "\nlast\n");
        QCOMPARE(found.size(), std::size_t(1));
        QCOMPARE(found[0].line, 2);
        QCOMPARE(found[0].suspicion.text, pem);
    }

    void onlyTheBeginningIsShown()
    {
        QCOMPARE(masked(joined("sk_live_", "4eC39HqLyjWDarjtT1zdp7dc")), std::string("sk_l…"));
        QCOMPARE(masked("hunter2"), std::string("h…"));
        QCOMPARE(masked("ü2345678901234567"), std::string("ü23…"));
        QCOMPARE(masked(""), std::string("…"));
    }

    void hostileTextsTakeNoTime()
    {
        std::string text;
        for (int i = 0; i < 2'000; ++i)
            text += "password" + std::string(1'000, 'a') + " = \"" + std::string(900, 'b') + "\n";
        text += std::string(1 << 20, '"');
        QElapsedTimer timer;
        timer.start();
        QVERIFY(suspectLines(text).size() <= 100);
        QVERIFY2(timer.elapsed() < 20'000, "far from linear");
    }

private:
    static const char* joinedExample()
    {
        static const std::string text = joined("AKIA", "IOSFODNN7EXAMPLE");
        return text.c_str();
    }
};

QTEST_GUILESS_MAIN(PastedSecretsTest)
#include "pasted_secrets_test.moc"
