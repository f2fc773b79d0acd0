#include "backend/functions/signing_profile.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/runtime/log_capture.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

namespace gantry::functions {
namespace {

constexpr std::size_t kMaxPem = 65'536;
constexpr std::size_t kMaxSubject = 1000;
constexpr std::size_t kVersionDigits = 10; // as AWS Signer's

template <auto Free> struct Freer {
    template <class T> void operator()(T* value) const { Free(value); }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;

bool isWord(const std::string& text, bool hyphens)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [hyphens](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '_' || (hyphens && c == '-');
    });
}

// A certificate may be encrypted; OpenSSL would ask for its password on the terminal.
int noPassword(char*, int, int, void*)
{
    return 0;
}

std::string textOf(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

// In one line, without control characters. A name whose bytes are not what its type says is shown
// byte by byte.
std::string subjectOf(X509* certificate)
{
    constexpr unsigned long asText = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
    constexpr unsigned long asBytes =
        (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_UTF8_CONVERT) | ASN1_STRFLGS_IGNORE_TYPE;
    std::string subject;
    for (const unsigned long flags : {asText, asBytes}) {
        const Bio out(BIO_new(BIO_s_mem()));
        const bool printed =
            X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, flags) >= 0;
        subject = textOf(out.get()).substr(0, kMaxSubject);
        if (printed)
            break;
    }
    ERR_clear_error();
    return runtime::validUtf8(std::move(subject));
}

} // namespace

absl::StatusOr<SigningProfile> readSigningProfile(const std::string& name, const std::string& pem)
{
    if (name.size() < 2 || name.size() > 64 || !isWord(name, false))
        return invalidParameter(
            "The name of a signing profile has 2 to 64 letters, digits and underscores.");
    const Bio source(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min(pem.size(), kMaxPem))));
    const Certificate certificate(PEM_read_bio_X509(source.get(), nullptr, noPassword, nullptr));
    ERR_clear_error();
    if (!certificate)
        return invalidParameter("The file holds no certificate. It must be in PEM form, beginning "
                                "with -----BEGIN CERTIFICATE-----.");
    SigningProfile profile;
    profile.name = name;
    const Bio clean(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(clean.get(), certificate.get());
    profile.certificate = textOf(clean.get());
    profile.version = toHex(sha256(profile.certificate)).substr(0, kVersionDigits);
    profile.subject = subjectOf(certificate.get());
    std::tm end{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) == 1)
        profile.notAfterSeconds = timegm(&end);
    return profile;
}

std::string profileArn(const Place& place, const SigningProfile& profile)
{
    return absl::StrCat("arn:aws:signer:", place.region, ":", place.accountId, ":/signing-profiles/",
                        profile.name, "/", profile.version);
}

// arn:aws:signer:REGION:ACCOUNT:/signing-profiles/NAME/VERSION
std::filesystem::path profileFile(const std::filesystem::path& profiles, const std::string& arn)
{
    const std::vector<std::string> parts = absl::StrSplit(arn, absl::MaxSplits(':', 5));
    if (parts.size() != 6 || parts[2] != "signer")
        return {};
    const std::vector<std::string> path = absl::StrSplit(parts[5], '/');
    if (path.size() != 4 || path[1] != "signing-profiles" || !isWord(path[2], true) ||
        !isWord(path[3], true))
        return {};
    return profiles / path[2] / absl::StrCat(path[3], ".pem");
}

} // namespace gantry::functions
