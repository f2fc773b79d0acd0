#include "backend/iam/account.h"

#include "backend/base/text.h"
#include "backend/base/unique_fd.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

namespace gantry::iam {
namespace {

constexpr char kAccountId[] = "000000000000";
constexpr char kProfile[] = "gantry";

// Characters drawn evenly from the alphabet.
std::string randomText(std::size_t length, std::string_view alphabet)
{
    const std::size_t usable = 256 - 256 % alphabet.size();
    std::string text;
    while (text.size() < length) {
        std::array<unsigned char, 64> bytes{};
        if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
            throw std::runtime_error("the kernel gave no random bytes");
        for (const unsigned char byte : bytes) {
            if (byte < usable && text.size() < length)
                text += alphabet[byte % alphabet.size()];
        }
    }
    return text;
}

Credential rootCredential(std::string accessKeyId, std::string secretAccessKey)
{
    return {std::move(accessKeyId),
            std::move(secretAccessKey),
            {},
            0,
            kAccountId,
            absl::StrCat("arn:aws:iam::", kAccountId, ":root")};
}

// The settings of one profile of an INI file.
std::map<std::string, std::string> readProfile(std::istream& in, std::string_view profile)
{
    std::map<std::string, std::string> settings;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        const absl::string_view text = absl::StripAsciiWhitespace(line);
        if (text.empty() || text[0] == '#' || text[0] == ';')
            continue;
        if (text[0] == '[') {
            inside = text == absl::StrCat("[", view(profile), "]");
        } else if (inside) {
            const std::pair<absl::string_view, absl::string_view> parts =
                absl::StrSplit(text, absl::MaxSplits('=', 1));
            settings.emplace(absl::StripAsciiWhitespace(parts.first),
                             absl::StripAsciiWhitespace(parts.second));
        }
    }
    return settings;
}

absl::Status failed(std::string_view what, const std::filesystem::path& path)
{
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", view(what), " ", path.string()));
}

// Whole or not at all: a crash in between leaves no half-written key behind.
absl::Status writePrivate(const std::filesystem::path& path, const std::string& text)
{
    const std::filesystem::path temporary = path.string() + ".new";
    {
        UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        if (!file || fchmod(file.get(), 0600) != 0)
            return failed("create", temporary);
        if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
            fsync(file.get()) != 0)
            return failed("write", temporary);
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        return failed("replace", path);
    UniqueFd directory(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || fsync(directory.get()) != 0)
        return failed("sync", path.parent_path());
    return absl::OkStatus();
}

} // namespace

Account::Account(std::filesystem::path file, Credential root)
    : m_file(std::move(file)), m_root(std::move(root))
{
}

absl::StatusOr<Account> Account::open(const std::filesystem::path& directory)
{
    const std::filesystem::path file = std::filesystem::absolute(directory) / "credentials";
    if (std::ifstream in(file); in) {
        const auto settings = readProfile(in, kProfile);
        const auto id = settings.find("aws_access_key_id");
        const auto secret = settings.find("aws_secret_access_key");
        if (id == settings.end() || secret == settings.end() || id->second.empty() ||
            secret->second.empty()) {
            return absl::FailedPreconditionError(
                absl::StrCat(file.string(), " has no access key for the profile [", kProfile,
                             "]. Restore the file, or delete it to have a new key made."));
        }
        if (::chmod(file.c_str(), 0600) != 0)
            return failed("protect", file);
        return Account(file, rootCredential(id->second, secret->second));
    }
    if (std::error_code error; std::filesystem::exists(file, error) || error)
        return absl::PermissionDeniedError(absl::StrCat("cannot read ", file.string()));

    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    constexpr std::string_view kSecretLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    Credential root =
        rootCredential("AKIA" + randomText(16, kLetters), randomText(40, kSecretLetters));
    Account account(file, std::move(root));
    const absl::Status written = writePrivate(
        file, absl::StrCat("[", kProfile, "]\naws_access_key_id = ", account.root().accessKeyId,
                           "\naws_secret_access_key = ", account.root().secretAccessKey,
                           "\nregion = ", account.region(), "\n"));
    if (!written.ok())
        return written;
    return account;
}

const Credential* Account::find(std::string_view accessKeyId) const
{
    return accessKeyId == m_root.accessKeyId ? &m_root : nullptr;
}

} // namespace gantry::iam
