#include "backend/functions/signing_profile.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <vector>

namespace gantry::functions {
namespace {

constexpr std::size_t kMaxPem = 65'536;
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

std::string textOf(BIO* bio)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

} // namespace

absl::StatusOr<SigningProfile> readSigningProfile(const std::string& name, const std::string& pem)
{
    if (name.size() < 2 || name.size() > 64 || !isWord(name, false))
        return invalidParameter(
            "The name of a signing profile has 2 to 64 letters, digits and underscores.");
    const Bio source(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min(pem.size(), kMaxPem))));
    const Certificate certificate(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr));
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
    const Bio subject(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(subject.get(), X509_get_subject_name(certificate.get()), 0,
                       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    profile.subject = textOf(subject.get());
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
