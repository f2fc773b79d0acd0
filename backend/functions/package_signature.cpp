#include "backend/functions/package_signature.h"

#include "backend/base/text.h"
#include "backend/store/zip_digest.h"

#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <map>
#include <memory>
#include <optional>

namespace gantry::functions {
namespace {

template <auto Free> struct Freer {
    template <class T> void operator()(T* value) const { Free(value); }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Cms = std::unique_ptr<CMS_ContentInfo, Freer<CMS_ContentInfo_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Trust = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;

Bio reading(std::string_view bytes)
{
    return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// A certificate may be encrypted; OpenSSL would ask for its password on the terminal.
int noPassword(char*, int, int, void*)
{
    return 0;
}

enum class Check { Good, Expired, Bad };

// Whether the signature holds and its signer leads to the certificate; the enclosed text is given
// out either way.
Check checkAgainst(CMS_ContentInfo* cms, const std::string& pem, bool ignoreTime, std::string* text)
{
    const Bio source = reading(pem);
    const Certificate certificate(PEM_read_bio_X509(source.get(), nullptr, noPassword, nullptr));
    const Trust trust(X509_STORE_new());
    if (!certificate || X509_STORE_add_cert(trust.get(), certificate.get()) != 1)
        return Check::Bad;
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN; // the certificate itself is trusted
    if (ignoreTime)
        flags |= X509_V_FLAG_NO_CHECK_TIME;
    X509_STORE_set_flags(trust.get(), flags);
    X509_STORE_set_purpose(trust.get(), X509_PURPOSE_ANY);
    const Bio out(BIO_new(BIO_s_mem()));
    const bool good =
        CMS_verify(cms, nullptr, trust.get(), nullptr, out.get(), CMS_BINARY) == 1;
    ERR_clear_error();
    char* data = nullptr;
    if (const long size = BIO_get_mem_data(out.get(), &data); good && size > 0)
        text->assign(data, static_cast<std::size_t>(size));
    return good ? Check::Good : Check::Bad;
}

// Path and digest of each line; nothing when a line is not one.
std::optional<std::map<std::string, std::string>> parseList(const std::string& text)
{
    std::map<std::string, std::string> files;
    for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
        absl::ConsumeSuffix(&line, "\r");
        // 64 digits, a space, a space or a star, the path.
        if (line.size() < 67 || line[64] != ' ')
            return std::nullopt;
        absl::string_view path = line.substr(66);
        absl::ConsumePrefix(&path, "./");
        files.emplace(std::string(path), std::string(line.substr(0, 64)));
    }
    return files;
}

Check check(CMS_ContentInfo* cms, const std::string& pem, std::string* text)
{
    if (checkAgainst(cms, pem, false, text) == Check::Good)
        return Check::Good;
    return checkAgainst(cms, pem, true, text) == Check::Good ? Check::Expired : Check::Bad;
}

// Whether the signature itself holds, whoever made it.
bool holds(CMS_ContentInfo* cms, std::string* text)
{
    const Bio out(BIO_new(BIO_s_mem()));
    const bool good = CMS_verify(cms, nullptr, nullptr, nullptr, out.get(),
                                 CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;
    ERR_clear_error();
    char* data = nullptr;
    if (const long size = BIO_get_mem_data(out.get(), &data); good && size > 0)
        text->assign(data, static_cast<std::size_t>(size));
    return good;
}

} // namespace

PackageSignature verifyPackage(std::string_view zip, const std::vector<std::string>& certificates)
{
    const absl::StatusOr<store::ZipDigest> digest = store::digestZip(zip, kSignatureFile);
    if (!digest.ok())
        return {SignatureState::Broken};
    if (digest->kept.empty())
        return {SignatureState::Missing};
    const Bio source = reading(digest->kept);
    const Cms cms(d2i_CMS_bio(source.get(), nullptr));
    std::string text;
    if (!cms || !holds(cms.get(), &text) || parseList(text) != digest->files) {
        ERR_clear_error();
        return {SignatureState::Broken};
    }
    for (std::size_t signer = 0; signer < certificates.size(); ++signer) {
        const Check result = check(cms.get(), certificates[signer], &text);
        if (result != Check::Bad) {
            return {result == Check::Good ? SignatureState::Valid : SignatureState::Expired,
                    signer};
        }
    }
    return {SignatureState::Untrusted};
}

} // namespace gantry::functions
