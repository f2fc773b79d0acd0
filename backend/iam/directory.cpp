#include "backend/iam/directory.h"

#include "backend/base/clock.h"
#include "backend/base/ids.h"
#include "backend/base/log.h"
#include "backend/base/text.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>

#include <utility>

namespace gantry::iam {
namespace {

constexpr char kBasicExecution[] =
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
constexpr char kLambdaTrust[] =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":)"
    R"("lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]})";

std::string_view folder(IdentityKind kind)
{
    switch (kind) {
    case IdentityKind::User:
        return "user";
    case IdentityKind::Group:
        return "group";
    default:
        return "role";
    }
}

} // namespace

Directory::Directory(const Account& account, const Clock& clock, Sealing sealing)
    : m_account(account), m_clock(clock), m_sealing(std::move(sealing))
{
}

Directory::~Directory()
{
    m_alive.reset();
}

std::int64_t Directory::nowMs() const
{
    return m_clock.unixMillis();
}

std::string Directory::arn(IdentityKind kind, const record::Identity& identity) const
{
    return absl::StrCat("arn:aws:iam::", m_account.id(), ":", view(folder(kind)), identity.path(),
                        identity.name());
}

std::string Directory::completeArn(const std::string& given) const
{
    const auto parts = splitArn(given);
    if (!parts || (*parts)[2] != "iam" || (*parts)[4] != m_account.id())
        return given;
    const std::string_view resource = (*parts)[5];
    const std::string_view name = resource.substr(resource.rfind('/') + 1);
    for (const auto kind : {IdentityKind::User, IdentityKind::Group, IdentityKind::Role}) {
        const record::Identity* identity =
            resource.starts_with(std::string(folder(kind)) + "/") ? find(kind, name) : nullptr;
        if (identity)
            return arn(kind, *identity);
    }
    return given;
}

std::vector<std::pair<std::string, std::string>> Directory::tagsOf(const std::string& named) const
{
    std::vector<std::pair<std::string, std::string>> tags;
    const auto add = [&tags](const auto& record) {
        for (const record::IamTag& tag : record.tags())
            tags.emplace_back(tag.key(), tag.value());
    };
    if (const record::ManagedPolicy* policy = m_policies.find(named))
        add(*policy);
    const std::string name = named.substr(named.rfind('/') + 1);
    for (const auto kind : {IdentityKind::User, IdentityKind::Role}) {
        const record::Identity* identity = find(kind, name);
        if (identity && arn(kind, *identity) == named)
            add(*identity);
    }
    return tags;
}

void Directory::addManaged(const std::string& arn, std::vector<NamedPolicy>& out) const
{
    const record::ManagedPolicy* policy = m_policies.find(arn);
    if (!policy)
        return;
    for (const record::PolicyVersion& version : policy->versions()) {
        if (version.id() != policy->default_version())
            continue;
        if (PolicyPtr ready = m_compiled.find(version.document(), PolicyKind::Identity))
            out.push_back({policy->name(), std::move(ready)});
    }
}

void Directory::addOwn(const record::Identity& identity, std::vector<NamedPolicy>& out) const
{
    for (const record::NamedDocument& own : identity.inline_policies()) {
        if (PolicyPtr ready = m_compiled.find(own.document(), PolicyKind::Identity))
            out.push_back({own.name(), std::move(ready)});
    }
    for (const std::string& arn : identity.attached())
        addManaged(arn, out);
}

PolicySet Directory::policiesOf(IdentityKind kind, const record::Identity& identity) const
{
    PolicySet set;
    addOwn(identity, set.identity);
    if (kind == IdentityKind::User) {
        for (const std::string& name : identity.groups()) {
            if (const record::Identity* group = find(IdentityKind::Group, name))
                addOwn(*group, set.identity);
        }
    }
    if (!identity.boundary().empty()) {
        std::vector<NamedPolicy> boundary;
        addManaged(identity.boundary(), boundary);
        // A boundary whose policy is gone allows nothing.
        static const PolicyPtr nothing =
            *Policy::parse(R"({"Version":"2012-10-17","Statement":{"Effect":"Deny",)"
                           R"("Action":"*","Resource":"*"}})",
                           PolicyKind::Identity);
        set.boundary = boundary.empty() ? NamedPolicy{identity.boundary(), nothing}
                                        : std::move(boundary.front());
    }
    return set;
}

PolicySet Directory::policiesOf(const Credential& credential) const
{
    const std::string role = credential.session ? credential.session->role : std::string();
    const std::string user = credential.session ? credential.session->user : std::string();
    const auto kind = role.empty() ? IdentityKind::User : IdentityKind::Role;
    const std::string_view arn(credential.principalArn);
    const std::string name = !role.empty() ? role
                             : !user.empty() ? user
                                             : std::string(arn.substr(arn.rfind('/') + 1));
    const record::Identity* identity = find(kind, name);
    PolicySet set = identity ? policiesOf(kind, *identity) : PolicySet();
    for (const std::string& document :
         credential.session ? credential.session->policies : std::vector<std::string>()) {
        if (PolicyPtr policy = m_compiled.find(document, PolicyKind::Identity))
            set.session.push_back({"of the session", std::move(policy)});
    }
    return set;
}

Credential Directory::keyCredential(const record::AccessKey& key) const
{
    Credential credential{key.id(), key.secret(), {}, 0, m_account.id(), {}};
    if (const record::Identity* user = find(IdentityKind::User, key.user()))
        credential.principalArn = arn(IdentityKind::User, *user);
    return credential;
}

Credential Directory::sessionCredential(const record::Session& session) const
{
    Credential credential{session.access_key_id(), session.secret(), session.token(),
                          session.expires_seconds(), m_account.id(), session.principal_arn()};
    auto scope = std::make_shared<SessionScope>();
    scope->role = session.role();
    scope->user = session.user();
    scope->policies.assign(session.policies().begin(), session.policies().end());
    for (const record::IamTag& tag : session.tags())
        scope->tags.emplace_back(tag.key(), tag.value());
    scope->sourceIdentity = session.source_identity();
    scope->sourceFunctionArn = session.source_function_arn();
    credential.session = std::move(scope);
    return credential;
}

const Credential* Directory::credential(std::string_view accessKeyId) const
{
    if (const Credential* root = m_account.find(accessKeyId))
        return root;
    const std::string name(accessKeyId);
    if (const auto known = m_credentials.find(name); known != m_credentials.end())
        return known->second.get();
    std::unique_ptr<Credential> made;
    if (const record::AccessKey* key = m_keys.find(name); key && key->id() == name) {
        if (!key->inactive() && find(IdentityKind::User, key->user()))
            made = std::make_unique<Credential>(keyCredential(*key));
    } else if (const record::Session* session = m_sessions.find(name);
               session && session->access_key_id() == name) {
        made = std::make_unique<Credential>(sessionCredential(*session));
    }
    if (!made)
        return nullptr;
    return m_credentials.emplace(name, std::move(made)).first->second.get();
}

void Directory::makeKeys(record::Session& session)
{
    std::string id = "ASIA";
    for (const char c : randomHex(16)) { // letters and digits as AWS has them: no 0, 1, 8, 9
        constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        const int nibble = c <= '9' ? c - '0' : c - 'a' + 10;
        if (id.size() < 20)
            id += kLetters[static_cast<std::size_t>(nibble * 2 + (id.size() & 1))];
    }
    session.set_access_key_id(id);
    session.set_secret(randomHex(20));
    std::string raw;
    for (int i = 0; i < 4; ++i)
        raw += sha256(randomHex(32));
    session.set_token("gantry" + absl::Base64Escape(raw));
}

const Credential* Directory::addVolatileSession(record::Session session)
{
    const std::string id = session.access_key_id();
    m_credentials[id] = std::make_unique<Credential>(sessionCredential(session));
    m_sessions.put(id, std::make_shared<record::Session>(std::move(session)));
    return m_credentials[id].get();
}

void Directory::dropVolatileSession(const std::string& accessKeyId)
{
    m_credentials.erase(accessKeyId);
    m_sessions.erase(accessKeyId);
}

void Directory::addSession(record::Session session, Done done)
{
    change(
        [session = std::move(session)](Draft& draft) {
            draft.addSession(session.access_key_id()) = session;
            return absl::OkStatus();
        },
        std::move(done));
}

void Directory::ensureExecutionRole(const std::string& roleArn, std::function<void()> done)
{
    const auto parts = splitArn(roleArn);
    if (!parts || (*parts)[4] != m_account.id() || !(*parts)[5].starts_with("role/"))
        return done();
    const std::string_view resource = (*parts)[5];
    const std::size_t slash = resource.rfind('/');
    const std::string name(resource.substr(slash + 1));
    if (name.empty() || find(IdentityKind::Role, name))
        return done();
    change(
        [this, name, path = std::string(resource.substr(4, slash - 3))](Draft& draft) {
            if (find(IdentityKind::Role, name))
                return absl::OkStatus();
            record::Identity& role = draft.add(IdentityKind::Role, name);
            role.set_path(path);
            role.set_trust(kLambdaTrust);
            role.set_description("Made by Gantry for a function that named a role which was not "
                                 "there: it may write its log and nothing else.");
            role.add_attached(kBasicExecution);
            return absl::OkStatus();
        },
        [name, done = std::move(done)](absl::Status status) {
            if (!status.ok())
                log::warning(absl::StrCat("cannot make the role ", name, ": ",
                                          status.ToString()));
            done();
        });
}

void Directory::change(std::function<absl::Status(Draft&)> change, Done done)
{
    m_jobs.push_back({std::move(change), std::move(done)});
    if (!m_running)
        runNext();
}

void Directory::runNext()
{
    if (m_jobs.empty())
        return;
    m_running = true;
    Job job = std::move(m_jobs.front());
    m_jobs.pop_front();
    auto draft = std::make_shared<Draft>(*this);
    const auto finish = [this, done = std::move(job.done)](absl::Status status) {
        const std::weak_ptr<bool> alive = m_alive;
        done(std::move(status));
        if (alive.expired())
            return;
        m_running = false;
        runNext();
    };
    absl::Status status = job.change(*draft);
    for (Draft::Row& row : draft->m_rows) {
        if (!status.ok() || !row.record)
            continue;
        auto bytes = stored(row.kind, row.key, *row.record);
        status = bytes.status();
        if (bytes.ok())
            row.bytes = *std::move(bytes);
    }
    if (!status.ok() || draft->m_rows.empty())
        return finish(std::move(status));
    m_writer->submit(
        [draft](store::Database& database) {
            for (const Draft::Row& row : draft->m_rows) {
                absl::Status status =
                    row.record
                        ? database.run("INSERT OR REPLACE INTO record (kind, key, data, sealed) "
                                       "VALUES (?, ?, ?, ?)",
                                       {row.kind, row.key, store::Value::blob(row.bytes),
                                        isSealed(row.kind) ? 1 : 0})
                        : database.run("DELETE FROM record WHERE kind = ? AND key = ?",
                                       {row.kind, row.key});
                if (!status.ok())
                    return status;
            }
            return absl::OkStatus();
        },
        [draft, finish](absl::Status status) {
            if (status.ok())
                draft->apply();
            finish(std::move(status));
        });
}

} // namespace gantry::iam
