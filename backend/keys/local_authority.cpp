#include "backend/keys/local_authority.h"

#include "backend/base/ids.h"
#include "backend/store/files.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <cctype>
#include <ctime>
#include <system_error>
#include <utility>

namespace gantry::keys {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kAuthorityDays = 3'650;
constexpr std::int64_t kLeafDays = 397; // what browsers accept at most
constexpr std::int64_t kBackdate = 3'600;
constexpr const char* kConstraints = "critical,permitted;DNS:localhost,"
                                     "permitted;IP:127.0.0.0/255.0.0.0,"
                                     "permitted;IP:0:0:0:0:0:0:0:1/"
                                     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::shared_ptr<X509>;
using Key = std::shared_ptr<EVP_PKEY>;

Certificate own(X509* certificate) { return {certificate, X509_free}; }
Key own(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

absl::Status opensslError(std::string_view what)
{
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    return absl::InternalError(absl::StrCat("Cannot ", std::string(what), ": ", text.data()));
}

std::string contents(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

template <class Write> std::string toPem(Write write)
{
    const BioPtr bio(BIO_new(BIO_s_mem()), BIO_free_all);
    return bio && write(bio.get()) == 1 ? contents(bio.get()) : std::string();
}

BioPtr reader(const std::string& text)
{
    return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free_all};
}

bool setSerial(X509* certificate)
{
    std::array<unsigned char, 16> bytes{};
    if (RAND_bytes(bytes.data(), bytes.size()) != 1)
        return false;
    bytes[0] = (bytes[0] & 0x7f) | 0x40; // positive, and of full length
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> number(
        BN_bin2bn(bytes.data(), bytes.size(), nullptr), BN_free);
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

bool setName(X509_NAME* name, const std::string& commonName)
{
    const auto* text = reinterpret_cast<const unsigned char*>(commonName.data());
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text,
                                      static_cast<int>(commonName.size()), -1, 0) == 1;
}

bool addExtension(X509* certificate, X509* issuer, int id, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()), X509_EXTENSION_free);
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

using Extensions = std::vector<std::pair<int, std::string>>;

struct Wanted {
    std::string commonName;
    std::int64_t days = 0;
    Extensions extensions;
};

// Signed by the issuer, or by itself without one.
absl::StatusOr<TlsIdentity> certify(const Wanted& wanted, std::int64_t now,
                                    const TlsIdentity& issuer)
{
    TlsIdentity made{own(X509_new()), own(EVP_EC_gen("P-256"))};
    if (!made)
        return opensslError("make a key");
    X509* const certificate = made.certificate.get();
    X509* const signer = issuer ? issuer.certificate.get() : certificate;
    EVP_PKEY* const signingKey = issuer ? issuer.key.get() : made.key.get();
    bool done = X509_set_version(certificate, 2) == 1 && setSerial(certificate) &&
                setName(X509_get_subject_name(certificate), wanted.commonName) &&
                X509_set_pubkey(certificate, made.key.get()) == 1 &&
                X509_set_issuer_name(certificate, X509_get_subject_name(signer)) == 1 &&
                ASN1_TIME_set(X509_getm_notBefore(certificate), now - kBackdate) &&
                ASN1_TIME_set(X509_getm_notAfter(certificate), now + wanted.days * kDay);
    for (const auto& [id, value] : wanted.extensions)
        done = done && addExtension(certificate, signer, id, value);
    if (!done || X509_sign(certificate, signingKey, EVP_sha256()) == 0)
        return opensslError("make a certificate");
    return made;
}

} // namespace

absl::StatusOr<LocalAuthority> LocalAuthority::open(const fs::path& directory,
                                                    std::int64_t unixSeconds)
{
    std::error_code error;
    fs::create_directories(directory, error);
    if (!error)
        fs::permissions(directory, fs::perms::owner_all, error);
    if (error)
        return store::fileError(directory, error.value());
    LocalAuthority authority;
    authority.m_file = directory / "authority.pem";
    const fs::path keyFile = directory / "authority.key";
    absl::Status status = authority.read(keyFile);
    // What is damaged or has had its time is of no use to anyone: those who trusted it are to
    // trust a new one.
    if (!status.ok() || !authority.usable(unixSeconds))
        status = authority.make(keyFile, unixSeconds);
    if (status.ok())
        status = authority.describe();
    if (!status.ok())
        return status;
    return authority;
}

absl::Status LocalAuthority::read(const fs::path& keyFile)
{
    const auto key = store::readFile(keyFile);
    const auto pem = store::readFile(m_file);
    if (!key.ok() || !pem.ok())
        return absl::NotFoundError("there is none");
    m_identity = {own(PEM_read_bio_X509(reader(*pem).get(), nullptr, nullptr, nullptr)),
                  own(PEM_read_bio_PrivateKey(reader(*key).get(), nullptr, nullptr, nullptr))};
    ERR_clear_error();
    return m_identity ? absl::OkStatus() : absl::DataLossError("it is damaged");
}

bool LocalAuthority::usable(std::int64_t unixSeconds) const
{
    const time_t untilNewLeaf = unixSeconds + kLeafDays * kDay;
    return m_identity &&
           X509_check_private_key(m_identity.certificate.get(), m_identity.key.get()) == 1 &&
           ASN1_TIME_cmp_time_t(X509_get0_notAfter(m_identity.certificate.get()), untilNewLeaf) > 0;
}

absl::Status LocalAuthority::make(const fs::path& keyFile, std::int64_t unixSeconds)
{
    // A name of its own: trust stores list authorities by it.
    const Wanted wanted{absl::StrCat("Gantry local CA ", randomHex(4)),
                        kAuthorityDays,
                        {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                         {NID_key_usage, "critical,keyCertSign,cRLSign"},
                         {NID_name_constraints, kConstraints},
                         {NID_subject_key_identifier, "hash"}}};
    auto made = certify(wanted, unixSeconds, {});
    if (!made.ok())
        return made.status();
    m_identity = *std::move(made);
    std::string key = toPem([this](BIO* bio) {
        return PEM_write_bio_PKCS8PrivateKey(bio, m_identity.key.get(), nullptr, nullptr, 0,
                                             nullptr, nullptr);
    });
    const std::string pem = toPem(
        [this](BIO* bio) { return PEM_write_bio_X509(bio, m_identity.certificate.get()); });
    fs::path temporary = keyFile;
    temporary += ".new";
    std::error_code ignored;
    fs::remove(temporary, ignored); // of a daemon that was killed here
    absl::Status status = store::writeDurably(keyFile, key, temporary); // with mode 0600
    OPENSSL_cleanse(key.data(), key.size());
    return status.ok() ? store::writeDurably(m_file, pem, temporary) : status;
}

absl::Status LocalAuthority::describe()
{
    m_pem = toPem(
        [this](BIO* bio) { return PEM_write_bio_X509(bio, m_identity.certificate.get()); });
    std::array<char, 128> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(m_identity.certificate.get()), NID_commonName,
                              name.data(), name.size());
    m_name = name.data();
    return m_pem.empty() ? opensslError("read the local authority") : absl::OkStatus();
}

std::vector<std::string> LocalAuthority::names(const std::string& region)
{
    return {"DNS:localhost", absl::StrCat("DNS:*.lambda-url.", region, ".localhost"),
            "IP:127.0.0.1", "IP:0:0:0:0:0:0:0:1"};
}

absl::StatusOr<TlsIdentity> LocalAuthority::issue(const std::string& region,
                                                  std::int64_t unixSeconds) const
{
    return certify({"Gantry on this machine",
                    kLeafDays,
                    {{NID_basic_constraints, "critical,CA:FALSE"},
                     {NID_key_usage, "critical,digitalSignature"},
                     {NID_ext_key_usage, "serverAuth"},
                     {NID_subject_alt_name, absl::StrJoin(names(region), ",")},
                     {NID_authority_key_identifier, "keyid"}}},
                   unixSeconds, m_identity);
}

std::string LocalAuthority::fingerprint() const
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    X509_digest(m_identity.certificate.get(), EVP_sha256(), digest.data(), &size);
    std::string text;
    for (unsigned int i = 0; i < size; ++i)
        absl::StrAppend(&text, i ? ":" : "", absl::Hex(digest[i], absl::kZeroPad2));
    for (char& c : text)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

std::int64_t LocalAuthority::expiresAt() const
{
    std::tm time{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(m_identity.certificate.get()), &time) != 1)
        return 0;
    return ::timegm(&time);
}

} // namespace gantry::keys
