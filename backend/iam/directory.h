#pragma once

#include "backend/iam/account.h"
#include "backend/iam/credential.h"
#include "backend/iam/evaluator.h"
#include "backend/iam/policy_cache.h"
#include "backend/iam/sealing.h"
#include "backend/store/writer.h"
#include "gantry/store/iam.pb.h"

#include <absl/status/statusor.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace boost::asio {
class io_context;
}

namespace gantry {
class Clock;
}

namespace gantry::iam {

enum class IdentityKind { User, Group, Role };

// The kinds of records in the database: the numbers of IdentityKind, and after them these.
namespace kind {
inline constexpr int kPolicy = 3;
inline constexpr int kKey = 4;
inline constexpr int kSession = 5;
} // namespace kind

// Whether records of the kind hold what is to be sealed on the disk.
inline bool isSealed(int kind)
{
    return kind >= kind::kKey;
}

// Records of one kind by their key. Names of identities have no case.
template <class Record> class RecordTable final {
public:
    using Ptr = std::shared_ptr<const Record>;

    const Record* find(std::string_view key) const
    {
        const auto found = m_rows.find(lowerCase(key));
        return found == m_rows.end() ? nullptr : found->second.get();
    }
    const std::map<std::string, Ptr>& rows() const { return m_rows; }
    void put(std::string_view key, Ptr record) { m_rows[lowerCase(key)] = std::move(record); }
    void erase(std::string_view key) { m_rows.erase(lowerCase(key)); }

private:
    std::map<std::string, Ptr> m_rows;
};

// Users, groups, roles, policies and keys of the account: iam.db (mode 0600) and its image in
// memory. Changes are made one after the other, each answered after its commit. Access keys and
// sessions are sealed on the disk. I/O thread only.
class Directory final {
public:
    class Draft;
    using Done = std::function<void(absl::Status)>;

    // awsPolicies: the JSON file with AWS's managed policies. What an earlier version left readable
    // in the file is sealed before this returns. Keys that cannot be opened are an error, and
    // nothing is changed then.
    static absl::StatusOr<std::unique_ptr<Directory>>
    open(boost::asio::io_context& io, const std::filesystem::path& file,
         const std::filesystem::path& awsPolicies, const Account& account, const Clock& clock,
         Sealing sealing);
    ~Directory();

    const Account& account() const { return m_account; }
    std::int64_t nowMs() const;

    const RecordTable<record::Identity>& identities(IdentityKind kind) const
    {
        return m_identities[static_cast<std::size_t>(kind)];
    }
    const record::Identity* find(IdentityKind kind, std::string_view name) const
    {
        return identities(kind).find(name);
    }
    const RecordTable<record::ManagedPolicy>& policies() const { return m_policies; } // by ARN
    const RecordTable<record::AccessKey>& keys() const { return m_keys; }

    std::string arn(IdentityKind kind, const record::Identity& identity) const;

    // The ARN as policies see it: with the path of the identity or policy that it names.
    std::string completeArn(const std::string& arn) const;

    // The tags of the user, role or policy that the ARN names.
    std::vector<std::pair<std::string, std::string>> tagsOf(const std::string& arn) const;

    // The credential of an access key: the root's, a user's or a session's. Null: there is none, or
    // it is inactive.
    const Credential* credential(std::string_view accessKeyId) const;

    // The policies that bound what a credential may do; of a role that does not exist (any more)
    // there are none, so everything is denied.
    PolicySet policiesOf(const Credential& credential) const;
    PolicySet policiesOf(IdentityKind kind, const record::Identity& identity) const;

    // Makes temporary credentials; they are durable when done is called.
    void addSession(record::Session session, Done done);
    // The same for one that need not outlive the daemon (an execution environment's).
    const Credential* addVolatileSession(record::Session session);
    void dropVolatileSession(const std::string& accessKeyId);
    // Fills in key id, secret and token.
    static void makeKeys(record::Session& session);

    // Runs the change on a draft; commits what it wrote. An error of the change changes nothing.
    void change(std::function<absl::Status(Draft&)> change, Done done);

    // A role for a function that names one that does not exist: anyone may be new to this. It trusts
    // Lambda and has AWSLambdaBasicExecutionRole. A role of another account is left alone. done is
    // called when the role can be read, or when it could not be made, which is logged.
    void ensureExecutionRole(const std::string& roleArn, std::function<void()> done = [] {});

private:
    struct Job {
        std::function<absl::Status(Draft&)> change;
        Done done;
    };

    Directory(const Account& account, const Clock& clock, Sealing sealing);
    absl::Status load(store::Database& database);
    absl::Status adopt(const store::Row& row);
    // What the row of a record holds: of keys and sessions, sealed.
    absl::StatusOr<std::string> stored(int kind, const std::string& key,
                                       const google::protobuf::Message& record) const;
    absl::Status sealReadable(store::Database& database);
    void eraseExpiredSessions();
    absl::Status loadAwsPolicies(const std::filesystem::path& file);
    void runNext();
    Credential keyCredential(const record::AccessKey& key) const;
    Credential sessionCredential(const record::Session& session) const;
    void addManaged(const std::string& arn, std::vector<NamedPolicy>& out) const;
    void addOwn(const record::Identity& identity, std::vector<NamedPolicy>& out) const;

    const Account& m_account;
    const Clock& m_clock;
    const Sealing m_sealing;
    RecordTable<record::Identity> m_identities[3];
    RecordTable<record::ManagedPolicy> m_policies;
    RecordTable<record::AccessKey> m_keys;
    RecordTable<record::Session> m_sessions;
    // Credentials as the verifier wants them, made on first use.
    mutable std::unordered_map<std::string, std::unique_ptr<Credential>> m_credentials;
    mutable PolicyCache m_compiled;
    std::deque<Job> m_jobs;
    bool m_running = false;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
    std::unique_ptr<store::Writer> m_writer;
};

// What one change reads and writes. Records are copied when they are edited.
class Directory::Draft final {
public:
    explicit Draft(Directory& directory) : m_directory(directory) {}

    const Directory& now() const { return m_directory; }

    // Null when there is no such record. The pointer is the caller's to change until the commit.
    record::Identity* edit(IdentityKind kind, std::string_view name);
    record::ManagedPolicy* editPolicy(std::string_view arn);
    record::AccessKey* editKey(std::string_view id);

    record::Identity& add(IdentityKind kind, const std::string& name);
    record::ManagedPolicy& addPolicy(const std::string& arn);
    record::AccessKey& addKey(const std::string& id);
    record::Session& addSession(const std::string& id);

    void erase(IdentityKind kind, std::string_view name);
    void erasePolicy(std::string_view arn);
    void eraseKey(std::string_view id);
    void eraseSession(std::string_view id);

private:
    friend class Directory;

    struct Row {
        int kind = 0;
        std::string key;
        std::shared_ptr<google::protobuf::Message> record; // null: erased
        std::string bytes = {};                            // for the database
    };

    template <class Record> Record* editRow(int kind, const RecordTable<Record>& table,
                                            std::string_view key);
    template <class Record> Record& addRow(int kind, std::string_view key);
    void eraseRow(int kind, std::string_view key);
    void apply();

    Directory& m_directory;
    std::vector<Row> m_rows;
};

} // namespace gantry::iam
