#include "backend/keys/master_key.h"

#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/keys/desktop_keyring.h"
#include "backend/keys/sealing.h"
#include "backend/store/files.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_split.h>
#include <absl/strings/strip.h>

#include <utility>
#include <vector>

#include <sys/stat.h>

namespace gantry::keys {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCheck = "gantry master key";
constexpr std::string_view kMagic = "gantry-master-key-1";

fs::path fileOf(const fs::path& directory)
{
    return directory / "master.key";
}

// Holds a new key until the database names it.
fs::path nextFileOf(const fs::path& directory)
{
    return directory / "master.key.next";
}

struct Stored {
    std::string id;
    SecretBuffer key;
};

absl::Status writeKeyFile(const fs::path& file, const std::string& id, const SecretBuffer& key)
{
    CleansedString encoded(absl::Base64Escape(view(key.view())));
    CleansedString text(absl::StrCat(view(kMagic), " ", id, " ", encoded.get(), "\n"));
    const fs::path temporary = file.string() + ".tmp";
    std::error_code ignored;
    fs::remove(temporary, ignored);
    return store::writeDurably(file, text.get(), temporary);
}

// Nothing when there is no such file or no key in it.
std::optional<Stored> readKeyFile(const fs::path& file)
{
    auto read = store::readFile(file);
    if (!read.ok())
        return std::nullopt;
    CleansedString text(*std::move(read));
    std::vector<std::string> parts =
        absl::StrSplit(absl::StripAsciiWhitespace(text.get()), ' ');
    CleansedString bytes;
    const bool ok = parts.size() == 3 && parts[0] == kMagic &&
                    absl::Base64Unescape(parts[2], &bytes.get()) &&
                    bytes.get().size() == kKeyBytes;
    std::optional<Stored> stored;
    if (ok)
        stored.emplace(Stored{parts[1], SecretBuffer(bytes.get())});
    for (std::string& part : parts)
        cleanse(part);
    return stored;
}

absl::Status wrongKey(const fs::path& directory, const record::MasterRecord& record)
{
    const std::string where = record.in_keyring() ? "the desktop's keyring"
                                                  : fileOf(directory).string();
    return absl::FailedPreconditionError(absl::StrCat(
        "The master key in ", where, " is not the one that ", directory.string(),
        " was encrypted with (that one has the id ", record.id(),
        "). Nothing was changed. Put the right master key back, or use another data directory with "
        "--data-dir."));
}

absl::Status missingKey(const fs::path& directory, const record::MasterRecord& record)
{
    const std::string where = record.in_keyring()
                                  ? "The desktop's keyring has no item \"Gantry master key\""
                                  : absl::StrCat("There is no master key in ",
                                                 fileOf(directory).string());
    return absl::FailedPreconditionError(absl::StrCat(
        where, " with the id ", record.id(), ", which ", directory.string(),
        " is encrypted with. Nothing was changed. Put it back from a backup; without it, secrets "
        "and environment variables in that directory cannot be read."));
}

bool opens(const SecretBuffer& key, const record::MasterRecord& record)
{
    const auto text = open(key, record.id(), record.check());
    return text && text->view() == kCheck;
}

} // namespace

MasterKey::MasterKey(record::MasterRecord record, SecretBuffer key)
    : m_record(std::move(record)), m_key(std::move(key))
{
}

absl::StatusOr<MasterKey> MasterKey::create(const fs::path& directory, MasterKeyPlace place,
                                            std::int64_t nowMs)
{
    record::MasterRecord record;
    record.set_id(randomHex(8));
    record.set_created_at_ms(nowMs);
    record.set_in_keyring(place == MasterKeyPlace::Keyring ||
                          (place == MasterKeyPlace::Automatic && DesktopKeyring::isAvailable()));
    SecretBuffer key = SecretBuffer::random(kKeyBytes);
    record.set_check(seal(key, record.id(), kCheck));
    const absl::Status stored = record.in_keyring()
                                    ? DesktopKeyring::store(record.id(), key)
                                    : writeKeyFile(nextFileOf(directory), record.id(), key);
    if (!stored.ok())
        return stored;
    return MasterKey(std::move(record), std::move(key));
}

bool MasterKey::hasFile(const fs::path& directory)
{
    std::error_code ignored;
    return fs::exists(fileOf(directory), ignored);
}

absl::StatusOr<MasterKey> MasterKey::open(const fs::path& directory,
                                          const record::MasterRecord& record)
{
    if (record.in_keyring()) {
        auto found = DesktopKeyring::find(record.id());
        if (!found.ok())
            return found.status();
        if (!*found)
            return missingKey(directory, record);
        MasterKey master(record, std::move(**found));
        return opens(master.m_key, record) ? absl::StatusOr<MasterKey>(std::move(master))
                                           : wrongKey(directory, record);
    }
    bool any = false;
    for (const fs::path& file : {fileOf(directory), nextFileOf(directory)}) {
        auto stored = readKeyFile(file);
        any = any || stored || fs::exists(file);
        if (stored && stored->id == record.id() && opens(stored->key, record))
            return MasterKey(record, std::move(stored->key));
    }
    return any ? wrongKey(directory, record) : missingKey(directory, record);
}

absl::Status MasterKey::settle(const fs::path& directory,
                               const record::MasterRecord* replaced) const
{
    const fs::path file = fileOf(directory), next = nextFileOf(directory);
    if (m_record.in_keyring()) {
        std::error_code ignored;
        fs::remove(file, ignored);
        fs::remove(next, ignored);
    } else {
        const auto current = readKeyFile(file);
        if (!current || current->id != m_record.id()) {
            if (absl::Status written = writeKeyFile(file, m_record.id(), m_key); !written.ok())
                return written;
        }
        std::error_code ignored;
        fs::remove(next, ignored);
        ::chmod(file.c_str(), 0600);
    }
    if (replaced && replaced->in_keyring() && replaced->id() != m_record.id())
        return DesktopKeyring::remove(replaced->id());
    return absl::OkStatus();
}

void MasterKey::discard(const fs::path& directory) const
{
    std::error_code ignored;
    if (!m_record.in_keyring())
        fs::remove(nextFileOf(directory), ignored);
    else if (const absl::Status removed = DesktopKeyring::remove(m_record.id()); !removed.ok())
        log::warning(std::string(view(removed.message())));
}

} // namespace gantry::keys
