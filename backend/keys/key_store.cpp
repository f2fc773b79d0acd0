#include "backend/keys/key_store.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/keys/sealing.h"

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>

#include <array>
#include <utility>

// Opening, finding and changing keys; the master key.
namespace gantry::keys {
namespace {

constexpr std::array<std::string_view, 1> kMigrations = {store::kRecordMapSchema};
constexpr std::string_view kReadMaster =
    "SELECT value FROM record WHERE kind = 'master' AND key = 'current'";
constexpr std::string_view kWriteMaster =
    "INSERT OR REPLACE INTO record(kind, key, value) VALUES('master', 'current', ?)";

absl::Status writeMaster(store::Database& database, const record::MasterRecord& record)
{
    const std::string bytes = record.SerializeAsString();
    return database.run(kWriteMaster, {store::Value::blob(bytes)});
}

absl::StatusOr<std::optional<record::MasterRecord>> readMaster(store::Database& database)
{
    std::optional<record::MasterRecord> record;
    bool damaged = false;
    absl::Status read = database.query(kReadMaster, {}, [&](const store::Row& row) {
        const std::string_view bytes = row.blob(0);
        damaged = !record.emplace().ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    });
    if (read.ok() && damaged)
        read = serviceError("The record of the master key in keys.db is damaged. Restore the data "
                            "directory from a backup.");
    if (!read.ok())
        return read;
    return record;
}

absl::StatusOr<MasterKey> firstMaster(store::Database& database,
                                      const std::filesystem::path& directory, const Clock& clock,
                                      MasterKeyPlace place)
{
    // A new one would take the place of the one that a backup of keys.db needs.
    if (MasterKey::hasFile(directory)) {
        return absl::FailedPreconditionError(absl::StrCat(
            "There is a master key in ", directory.string(), ", and no key in keys.db that it "
            "belongs to. Nothing was changed. Restore keys.db from a backup, or move master.key "
            "away to begin with new keys."));
    }
    auto made = MasterKey::create(directory, place, clock.unixMillis());
    if (!made.ok())
        return made;
    if (absl::Status written = writeMaster(database, made->record()); !written.ok())
        return written;
    return made;
}

} // namespace

absl::StatusOr<std::unique_ptr<KeyStore>> KeyStore::open(boost::asio::io_context& io,
                                                         const std::filesystem::path& directory,
                                                         const Clock& clock, Place place,
                                                         MasterKeyPlace masterPlace)
{
    auto database = store::Database::open(directory / "keys.db", kMigrations);
    if (!database.ok())
        return database.status();
    auto record = readMaster(*database);
    if (!record.ok())
        return record.status();
    auto master = *record ? MasterKey::open(directory, **record)
                          : firstMaster(*database, directory, clock, masterPlace);
    if (!master.ok())
        return master.status();
    if (absl::Status settled = master->settle(directory, nullptr); !settled.ok())
        return settled;
    std::unique_ptr<KeyStore> keys(
        new KeyStore(directory, clock, std::move(place), *std::move(master)));
    if (absl::Status prepared = keys->prepare(*database); !prepared.ok())
        return prepared;
    keys->m_writer = std::make_unique<store::Writer>(io, *std::move(database));
    keys->m_keys.attach(*keys->m_writer);
    keys->m_aliases.attach(*keys->m_writer);
    return keys;
}

KeyStore::KeyStore(std::filesystem::path directory, const Clock& clock, Place place,
                   MasterKey master)
    : m_directory(std::move(directory)), m_clock(clock), m_place(std::move(place)),
      m_master(std::move(master))
{
}

KeyStore::~KeyStore() = default;

absl::Status KeyStore::prepare(store::Database& database)
{
    absl::Status status = m_keys.load(database);
    if (status.ok())
        status = m_aliases.load(database);
    for (const auto& [id, record] : m_keys.all()) {
        if (status.ok())
            status = unwrap(*record);
    }
    for (const char* service : {"lambda", "secretsmanager", "ssm"}) {
        const std::string alias = absl::StrCat("alias/aws/", service);
        if (!status.ok() || m_aliases.find(alias))
            continue;
        SecretBuffer material;
        auto key = std::make_shared<record::KeyRecord>(newKey(material));
        key->set_aws_managed(true);
        key->set_description(absl::StrCat("Default key that protects what ", service,
                                          " stores when no other key is defined"));
        auto named = std::make_shared<record::KeyAliasRecord>();
        named->set_name(alias);
        named->set_key_id(key->id());
        named->set_created_at_ms(key->created_at_ms());
        named->set_updated_at_ms(key->created_at_ms());
        status = m_keys.put(database, key->id(), key);
        if (status.ok())
            status = m_aliases.put(database, alias, named);
        m_material[key->id()].push_back(std::move(material));
    }
    return status;
}

absl::Status KeyStore::unwrap(const record::KeyRecord& record)
{
    auto& generations = m_material[record.id()];
    generations.clear();
    for (const record::KeyMaterial& material : record.material()) {
        auto opened = keys::open(m_master.key(), record.id(), material.wrapped());
        if (!opened) {
            return serviceError(absl::StrCat("The key ", record.id(),
                                             " in keys.db has been changed by something else than "
                                             "gantryd. Nothing was changed. Restore keys.db from a "
                                             "backup."));
        }
        generations.push_back(*std::move(opened));
    }
    return absl::OkStatus();
}

std::string KeyStore::keyArn(std::string_view id) const
{
    return absl::StrCat("arn:aws:kms:", m_place.region, ":", m_place.accountId, ":key/", view(id));
}

std::string KeyStore::aliasArn(std::string_view name) const
{
    return absl::StrCat("arn:aws:kms:", m_place.region, ":", m_place.accountId, ":", view(name));
}

absl::StatusOr<KeyStore::KeyPtr> KeyStore::find(const std::string& keyId) const
{
    std::string id = keyId;
    const std::string prefix = keyArn("");
    const std::string aliases = aliasArn("alias/");
    if (absl::StartsWith(id, prefix))
        id = id.substr(prefix.size());
    else if (absl::StartsWith(id, aliases))
        id = id.substr(aliases.size() - std::string_view("alias/").size());
    else if (absl::StartsWith(id, "arn:"))
        return makeError("NotFoundException", 400, absl::StrCat("Invalid arn ", keyId));
    if (absl::StartsWith(id, "alias/")) {
        const auto alias = m_aliases.find(id);
        if (!alias) {
            return makeError("NotFoundException", 400,
                             absl::StrCat("Alias ", aliasArn(id), " is not found."));
        }
        id = alias->key_id();
    }
    if (KeyPtr key = m_keys.find(id))
        return key;
    return makeError("NotFoundException", 400,
                     absl::StrCat("Key '", keyArn(id), "' does not exist"));
}

absl::Status KeyStore::usable(const record::KeyRecord& key) const
{
    if (key.deletion_at_ms() > 0) {
        return makeError("KMSInvalidStateException", 400,
                         absl::StrCat(keyArn(key.id()), " is pending deletion."));
    }
    if (key.disabled())
        return makeError("DisabledException", 400, absl::StrCat(keyArn(key.id()), " is disabled."));
    return absl::OkStatus();
}

absl::StatusOr<KeyStore::KeyPtr> KeyStore::findUsable(const std::string& keyId) const
{
    auto key = find(keyId);
    if (key.ok()) {
        if (absl::Status status = usable(**key); !status.ok())
            return status;
    }
    return key;
}

absl::Status KeyStore::checkUsable(const std::string& keyId) const
{
    return findUsable(keyId).status();
}

absl::StatusOr<std::string> KeyStore::arnOf(const std::string& keyId) const
{
    const auto key = find(keyId);
    if (!key.ok())
        return key.status();
    return keyArn((*key)->id());
}

std::string KeyStore::wrap(const std::string& id, const SecretBuffer& material) const
{
    return keys::seal(m_master.key(), id, material.view());
}

record::KeyRecord KeyStore::newKey(SecretBuffer& material) const
{
    material = SecretBuffer::random(kKeyBytes);
    record::KeyRecord key;
    key.set_id(randomUuid());
    key.set_created_at_ms(m_clock.unixMillis());
    record::KeyMaterial& first = *key.add_material();
    first.set_created_at_ms(key.created_at_ms());
    first.set_wrapped(wrap(key.id(), material));
    return key;
}

void KeyStore::edit(const std::string& keyId, Edit edit,
                    std::function<void(absl::StatusOr<KeyPtr>)> done)
{
    const auto found = find(keyId);
    if (!found.ok())
        return done(found.status());
    const std::string arn = keyArn((*found)->id());
    m_keys.change(
        (*found)->id(),
        [edit = std::move(edit), arn](const record::KeyRecord* current)
            -> absl::StatusOr<std::unique_ptr<record::KeyRecord>> {
            if (!current)
                return makeError("NotFoundException", 400,
                                 absl::StrCat("Key '", arn, "' does not exist"));
            auto changed = std::make_unique<record::KeyRecord>(*current);
            if (absl::Status status = edit(*changed); !status.ok())
                return status;
            return changed;
        },
        std::move(done));
}

void KeyStore::rotateMaster(Done done)
{
    const MasterKeyPlace place =
        m_master.record().in_keyring() ? MasterKeyPlace::Keyring : MasterKeyPlace::File;
    auto made = MasterKey::create(m_directory, place, m_clock.unixMillis());
    if (!made.ok())
        return done(made.status());
    const auto next = std::make_shared<MasterKey>(*std::move(made));
    m_keys.changeAll(
        [this, next](const record::KeyRecord& current)
            -> absl::StatusOr<std::unique_ptr<record::KeyRecord>> {
            auto wrapped = std::make_unique<record::KeyRecord>(current);
            const auto& generations = m_material[current.id()];
            for (int i = 0; i < wrapped->material_size(); ++i)
                wrapped->mutable_material(i)->set_wrapped(keys::seal(
                    next->key(), current.id(), generations[static_cast<std::size_t>(i)].view()));
            return wrapped;
        },
        [record = next->record()](store::Database& database) {
            return writeMaster(database, record);
        },
        [this, next, done = std::move(done)](absl::Status status) {
            if (!status.ok()) {
                next->discard(m_directory);
                return done(std::move(status));
            }
            const record::MasterRecord replaced = m_master.record();
            std::swap(m_master, *next);
            done(m_master.settle(m_directory, &replaced));
        });
}

void KeyStore::removeExpired()
{
    const std::int64_t now = m_clock.unixMillis();
    for (const auto& [id, key] : m_keys.all()) {
        if (key->deletion_at_ms() == 0 || key->deletion_at_ms() > now)
            continue;
        for (const auto& [name, alias] : m_aliases.all()) {
            if (alias->key_id() == id)
                m_aliases.change(name, [](const auto*) { return nullptr; }, [](const auto&) {});
        }
        m_keys.change(
            id,
            [now](const record::KeyRecord* current)
                -> absl::StatusOr<std::unique_ptr<record::KeyRecord>> {
                if (!current || current->deletion_at_ms() == 0 || current->deletion_at_ms() > now)
                    return absl::CancelledError("its deletion was cancelled");
                return nullptr;
            },
            [this, id = id](const absl::StatusOr<KeyPtr>& removed) {
                if (!removed.ok())
                    return;
                m_material.erase(id);
                log::info("deleted the key ", id, ": its waiting period is over");
            });
    }
}

} // namespace gantry::keys
