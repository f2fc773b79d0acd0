#include "backend/base/ids.h"
#include "backend/queues/queue_rules.h"

#include <absl/strings/match.h>
#include <openssl/evp.h>

#include <array>
#include <map>
#include <memory>
#include <stdexcept>

namespace gantry::queues {
namespace {

class Md5 final {
public:
    Md5() : m_context(EVP_MD_CTX_new())
    {
        if (!m_context || EVP_DigestInit_ex(m_context.get(), EVP_md5(), nullptr) != 1)
            throw std::runtime_error("OpenSSL has no MD5 here, which SQS's clients verify.");
    }

    void add(std::string_view bytes) { EVP_DigestUpdate(m_context.get(), bytes.data(), bytes.size()); }

    // With the length before it, in four bytes.
    void addCounted(std::string_view bytes)
    {
        const auto size = static_cast<std::uint32_t>(bytes.size());
        const std::array<char, 4> length{static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                                         static_cast<char>(size >> 8), static_cast<char>(size)};
        add({length.data(), length.size()});
        add(bytes);
    }

    std::string hex()
    {
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned length = 0;
        EVP_DigestFinal_ex(m_context.get(), digest.data(), &length);
        return toHex({reinterpret_cast<const char*>(digest.data()), length});
    }

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> m_context;
};

constexpr char kStringValue = 1;
constexpr char kBinaryValue = 2;

} // namespace

std::string md5OfText(std::string_view text)
{
    Md5 md5;
    md5.add(text);
    return md5.hex();
}

std::string md5OfAttributes(const MessageAttributes& attributes)
{
    Md5 md5;
    const std::map<std::string, aws::sqs::MessageAttributeValue> sorted(attributes.begin(),
                                                                        attributes.end());
    for (const auto& [name, value] : sorted) {
        const bool binary = absl::StartsWith(value.data_type(), "Binary");
        md5.addCounted(name);
        md5.addCounted(value.data_type());
        md5.add({binary ? &kBinaryValue : &kStringValue, 1});
        md5.addCounted(binary ? value.binary_value() : value.string_value());
    }
    return md5.hex();
}

} // namespace gantry::queues
