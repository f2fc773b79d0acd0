#include "backend/secrets/random_password.h"

#include "backend/keys/secret_buffer.h"
#include "backend/secrets/secret_rules.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::secrets {
namespace {

constexpr std::int64_t kDefaultLength = 32;
constexpr std::string_view kPunctuation = R"(!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~)";

// A number below the bound, each equally likely.
std::size_t below(std::size_t bound)
{
    const std::size_t usable = 65'536 - 65'536 % bound;
    for (;;) {
        keys::SecretBuffer bytes = keys::SecretBuffer::random(2);
        const std::size_t value = bytes.data()[0] * 256u + bytes.data()[1];
        if (value < usable)
            return value % bound;
    }
}

} // namespace

absl::StatusOr<aws::secretsmanager::GetRandomPasswordResponse>
randomPassword(const aws::secretsmanager::GetRandomPasswordRequest& request)
{
    std::vector<std::string> kinds;
    const auto add = [&](bool excluded, std::string_view letters) {
        std::string left;
        for (const char letter : letters) {
            if (request.exclude_characters().find(letter) == std::string::npos)
                left += letter;
        }
        if (!excluded && !left.empty())
            kinds.push_back(left);
    };
    add(request.exclude_lowercase(), "abcdefghijklmnopqrstuvwxyz");
    add(request.exclude_uppercase(), "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    add(request.exclude_numbers(), "0123456789");
    add(request.exclude_punctuation(), kPunctuation);
    add(!request.include_space(), " ");
    const std::size_t length = static_cast<std::size_t>(
        request.has_password_length() ? request.password_length() : kDefaultLength);
    const bool each =
        !request.has_require_each_included_type() || request.require_each_included_type();
    if (kinds.empty())
        return invalidSecretParameter("The password would have no characters to choose from.");
    if (each && length < kinds.size())
        return invalidSecretParameter("The password is too short to hold one of each kind.");
    std::string all;
    for (const std::string& kind : kinds)
        all += kind;
    std::string password;
    for (std::size_t i = 0; each && i < kinds.size(); ++i)
        password += kinds[i][below(kinds[i].size())];
    while (password.size() < length)
        password += all[below(all.size())];
    for (std::size_t i = password.size(); i > 1; --i)
        std::swap(password[i - 1], password[below(i)]);
    aws::secretsmanager::GetRandomPasswordResponse response;
    response.set_random_password(password);
    keys::cleanse(password);
    return response;
}

} // namespace gantry::secrets
