#include "backend/base/error.h"
#include "backend/functions/signing_profile.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <QtTest>

#include <memory>
#include <string>

using namespace gantry;
using namespace gantry::functions;

namespace {

template <auto Free> struct Freer {
    template <class T> void operator()(T* value) const { Free(value); }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;

const Place kPlace{"000000000000", "us-east-1"};

std::string textOf(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

EVP_PKEY* key()
{
    static const Key key(EVP_EC_gen("P-256"));
    return key.get();
}

// Self-signed; the name as raw bytes of the given ASN.1 type.
std::string certificate(const std::string& name = "publisher", int type = MBSTRING_UTF8,
                        const char* notAfter = "20990102030405Z", int entries = 1)
{
    const Certificate made(X509_new());
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 7);
    ASN1_TIME_set_string_X509(X509_getm_notBefore(made.get()), "20200101000000Z");
    ASN1_TIME_set_string_X509(X509_getm_notAfter(made.get()), notAfter);
    X509_NAME* const subject = X509_get_subject_name(made.get());
    for (int i = 0; i < entries; ++i) {
        X509_NAME_add_entry_by_txt(subject, "CN", type,
                                   reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<int>(name.size()), -1, 0);
    }
    X509_set_issuer_name(made.get(), subject);
    X509_set_pubkey(made.get(), key());
    X509_sign(made.get(), key(), EVP_sha256());
    const Bio out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), made.get());
    return textOf(out.get());
}

std::string privateKey()
{
    const Bio out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(out.get(), key(), nullptr, nullptr, 0, nullptr, nullptr);
    return textOf(out.get());
}

QString refusal(const std::string& name, const std::string& pem)
{
    const auto profile = readSigningProfile(name, pem);
    if (profile.ok())
        return "was taken";
    const AwsError error = awsErrorOf(profile.status());
    return QString("%1 %2").arg(error.status).arg(QString::fromStdString(error.name));
}

const QString kRefused = "400 InvalidParameterValueException";

} // namespace

// What the console's form for a certificate leads to: whatever file somebody chose.
class SigningProfileTest : public QObject {
    Q_OBJECT
private slots:
    void readsACertificate();
    void versionFollowsFromTheCertificate();
    void keepsTheCertificateAlone();
    void refusesNames();
    void refusesWhatHoldsNoCertificate_data();
    void refusesWhatHoldsNoCertificate();
    void everyTruncationIsRefused();
    void changedBytesDoNoHarm();
    void asksForNoPassword();
    void subjectIsPlainText_data();
    void subjectIsPlainText();
    void farEnds();
    void arnsLeadNowhereElse();
};

void SigningProfileTest::readsACertificate()
{
    const auto profile = readSigningProfile("team_1", certificate());
    QVERIFY(profile.ok());
    QCOMPARE(profile->name, std::string("team_1"));
    QCOMPARE(profile->subject, std::string("CN=publisher"));
    QCOMPARE(profile->notAfterSeconds, std::int64_t{4'071'006'245}); // 2099-01-02 03:04:05 UTC
    QCOMPARE(profile->version.size(), std::size_t{10});
    const std::string arn = profileArn(kPlace, *profile);
    QCOMPARE(arn, "arn:aws:signer:us-east-1:000000000000:/signing-profiles/team_1/" + profile->version);
    QCOMPARE(profileFile("/profiles", arn).string(),
             "/profiles/team_1/" + profile->version + ".pem");
}

void SigningProfileTest::versionFollowsFromTheCertificate()
{
    const std::string one = certificate("one");
    const auto first = readSigningProfile("team", one);
    QCOMPARE(readSigningProfile("team", "some text before it\n" + one)->version, first->version);
    QVERIFY(readSigningProfile("team", certificate("two"))->version != first->version);
}

// A key that lies in the same file is nobody's business.
void SigningProfileTest::keepsTheCertificateAlone()
{
    const std::string pem = certificate();
    for (const std::string& file : {privateKey() + pem, pem + privateKey(), pem + certificate("two")}) {
        const auto profile = readSigningProfile("team", file);
        QVERIFY(profile.ok());
        QCOMPARE(profile->certificate, pem);
        QVERIFY(profile->certificate.find("PRIVATE") == std::string::npos);
    }
}

void SigningProfileTest::refusesNames()
{
    const std::string pem = certificate();
    for (const char* name : {"", "a", "../etc", "a/b", "a b", "a-b", "t\xc3\xa4m", "a.b", "a:b"})
        QCOMPARE(refusal(name, pem), kRefused);
    QCOMPARE(refusal(std::string(65, 'a'), pem), kRefused);
    QCOMPARE(refusal(std::string("a\0b", 3), pem), kRefused);
    QVERIFY(readSigningProfile(std::string(64, 'a'), pem).ok());
}

void SigningProfileTest::refusesWhatHoldsNoCertificate_data()
{
    QTest::addColumn<QByteArray>("file");
    const QByteArray pem = QByteArray::fromStdString(certificate());
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("text") << QByteArray("hello\n");
    QTest::newRow("a key") << QByteArray::fromStdString(privateKey());
    QTest::newRow("nothing between the lines")
        << QByteArray("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
    QTest::newRow("no base64")
        << QByteArray("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    QTest::newRow("another end") << QByteArray(pem).replace("END CERTIFICATE", "END KEY");
    QTest::newRow("a request")
        << QByteArray(pem).replace("CERTIFICATE-----", "CERTIFICATE REQUEST-----");
    QTest::newRow("zeros") << QByteArray(1 << 20, '\0');
    QTest::newRow("beyond what is read") << QByteArray(70'000, '\n') + pem;
    QTest::newRow("one endless line") << QByteArray("-----BEGIN CERTIFICATE-----") + QByteArray(1 << 20, 'A');
    // Lengths that the bytes do not have: 2^32 - 1, and indefinite ones nested without end.
    QTest::newRow("a length beyond it")
        << QByteArray("-----BEGIN CERTIFICATE-----\n") + QByteArray::fromHex("3084ffffffff").toBase64() +
               "\n-----END CERTIFICATE-----\n";
    QTest::newRow("nested") << QByteArray("-----BEGIN CERTIFICATE-----\n") +
                                   QByteArray::fromHex("3080").repeated(9'000).toBase64() +
                                   "\n-----END CERTIFICATE-----\n";
}

void SigningProfileTest::refusesWhatHoldsNoCertificate()
{
    QFETCH(QByteArray, file);
    QCOMPARE(refusal("team", file.toStdString()), kRefused);
}

void SigningProfileTest::everyTruncationIsRefused()
{
    const std::string pem = certificate();
    for (std::size_t size = 0; size + 2 < pem.size(); ++size) // the line's end may be missing
        QCOMPARE(refusal("team", pem.substr(0, size)), kRefused);
}

// Taken or refused, but nothing else: the platform runs on, and what was taken can be shown.
void SigningProfileTest::changedBytesDoNoHarm()
{
    const std::string pem = certificate();
    std::string body;
    const Bio source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    char *name = nullptr, *header = nullptr;
    unsigned char* bytes = nullptr;
    long size = 0;
    QVERIFY(PEM_read_bio(source.get(), &name, &header, &bytes, &size) == 1);
    body.assign(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(bytes);
    int taken = 0;
    for (std::size_t at = 0; at < body.size(); ++at) {
        for (const int flip : {0x01, 0x80, 0xff}) {
            std::string changed = body;
            changed[at] = static_cast<char>(changed[at] ^ flip);
            const Bio out(BIO_new(BIO_s_mem()));
            PEM_write_bio(out.get(), "CERTIFICATE", "",
                          reinterpret_cast<const unsigned char*>(changed.data()),
                          static_cast<long>(changed.size()));
            const auto profile = readSigningProfile("team", textOf(out.get()));
            if (!profile.ok())
                continue;
            ++taken; // in the key or the signature, which are looked at with a package
            QVERIFY(QString::fromStdString(profile->subject).toStdString() == profile->subject);
        }
    }
    QVERIFY(taken > 0);
}

// OpenSSL's own way would be to ask at the terminal, which would hold the platform up.
void SigningProfileTest::asksForNoPassword()
{
    std::string pem = certificate();
    const std::string begin = "-----BEGIN CERTIFICATE-----\n";
    pem.insert(begin.size(), "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,"
                             "00112233445566778899AABBCCDDEEFF\n\n");
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(refusal("team", pem), kRefused);
    QVERIFY(timer.elapsed() < 5'000);
}

void SigningProfileTest::subjectIsPlainText_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<int>("type");
    QTest::addColumn<QByteArray>("shown");
    QTest::newRow("umlaut") << QByteArray("M\xc3\xbcller") << int(MBSTRING_UTF8)
                            << QByteArray("CN=M\xc3\xbcller");
    QTest::newRow("new line") << QByteArray("a\nb") << int(V_ASN1_UTF8STRING) << QByteArray("CN=a\\0Ab");
    QTest::newRow("terminal's escape") << QByteArray("a\x1b[2J") << int(V_ASN1_UTF8STRING)
                                       << QByteArray("CN=a\\1B[2J");
    QTest::newRow("separators") << QByteArray("a,O=b+c") << int(V_ASN1_UTF8STRING)
                                << QByteArray("CN=a\\,O=b\\+c");
    QTest::newRow("zero") << QByteArray("a\0b", 3) << int(V_ASN1_UTF8STRING) << QByteArray("CN=a\\00b");
    QTest::newRow("no UTF-8") << QByteArray("a\xff\xfe") << int(V_ASN1_UTF8STRING) << QByteArray();
    QTest::newRow("half a wide character") << QByteArray("abc") << int(V_ASN1_BMPSTRING) << QByteArray();
}

// Whatever it holds, it can be sent in a message and shown in a line.
void SigningProfileTest::subjectIsPlainText()
{
    QFETCH(QByteArray, name);
    QFETCH(int, type);
    QFETCH(QByteArray, shown);
    const std::string pem = certificate(name.toStdString(), type);
    const auto profile = readSigningProfile("team", pem);
    if (shown.isEmpty() && !profile.ok()) { // OpenSSL itself takes no offence at every such name
        QCOMPARE(refusal("team", pem), kRefused);
        return;
    }
    QVERIFY(profile.ok());
    const QByteArray subject = QByteArray::fromStdString(profile->subject);
    QCOMPARE(QString::fromUtf8(subject).toUtf8(), subject);
    for (const char c : subject)
        QVERIFY(static_cast<unsigned char>(c) >= 0x20);
    if (!shown.isEmpty())
        QCOMPARE(subject, shown);
    const auto many = readSigningProfile("team", certificate("a name of some length", MBSTRING_UTF8,
                                                             "20990102030405Z", 400));
    QVERIFY(many.ok());
    QVERIFY(many->subject.size() <= 1009);
}

void SigningProfileTest::farEnds()
{
    QCOMPARE(readSigningProfile("team", certificate("a", MBSTRING_UTF8, "99991231235959Z"))->notAfterSeconds,
             std::int64_t{253'402'300'799});
    QCOMPARE(readSigningProfile("team", certificate("a", MBSTRING_UTF8, "19500101000000Z"))->notAfterSeconds,
             std::int64_t{-631'152'000});
}

void SigningProfileTest::arnsLeadNowhereElse()
{
    const std::string begin = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/";
    for (const std::string& arn :
         {std::string(), begin, begin + "team", begin + "team/", begin + "../v1", begin + "team/..",
          begin + "team/v1/x", begin + "/v1", begin + "team/v1\n", begin + std::string("te\0m/v1", 7),
          std::string("arn:aws:sns:us-east-1:000000000000:/signing-profiles/team/v1"),
          std::string("arn:aws:signer:us-east-1:000000000000:signing-profiles/team/v1")})
        QVERIFY2(profileFile("/profiles", arn).empty(), arn.c_str());
    QCOMPARE(profileFile("/profiles", begin + "team/v1").string(), std::string("/profiles/team/v1.pem"));
}

QTEST_GUILESS_MAIN(SigningProfileTest)
#include "signing_profile_test.moc"
