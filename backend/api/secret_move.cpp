#include "backend/api/secret_move.h"

#include "backend/base/error.h"
#include "backend/base/ids.h"
#include "backend/base/text.h"
#include "backend/functions/registry.h"
#include "backend/iam/directory.h"
#include "backend/keys/secret_buffer.h"
#include "backend/secrets/vault.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_replace.h>
#include <boost/json.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace gantry::api {
namespace {

namespace sm = aws::secretsmanager;
using iam::Directory;
using iam::IdentityKind;
using Done = std::function<void(absl::Status)>;

constexpr const char* kSuffix = "_SECRET_ARN";
constexpr int kRecoveryDays = 7;

std::string roleName(const std::string& arn)
{
    return arn.substr(arn.rfind('/') + 1);
}

// One policy of the role for each secret; a "/" cannot be in its name.
std::string policyName(const std::string& secretName)
{
    return absl::StrCat("ReadSecret-", absl::StrReplaceAll(secretName, {{"/", "-"}})).substr(0, 128);
}

std::string policyDocument(const std::string& arn)
{
    return boost::json::serialize(boost::json::object{
        {"Version", "2012-10-17"},
        {"Statement", boost::json::array{boost::json::object{
                          {"Effect", "Allow"},
                          {"Action", "secretsmanager:GetSecretValue"},
                          {"Resource", arn}}}}});
}

// app/stripe-key -> STRIPE_KEY_SECRET_ARN
std::string variableFor(const std::string& secretName)
{
    std::string name = absl::AsciiStrToUpper(secretName.substr(secretName.rfind('/') + 1));
    for (char& c : name)
        c = absl::ascii_isalnum(static_cast<unsigned char>(c)) ? c : '_';
    if (name.empty() || !absl::ascii_isalpha(static_cast<unsigned char>(name.front())))
        name.insert(0, "THE_");
    return name + kSuffix;
}

// What reads the secret, through the extension's endpoint: no SDK needed.
std::string codeFor(const std::string& runtime, const std::string& variable)
{
    std::string text;
    if (absl::StartsWith(runtime, "python"))
        text = "import json, os, urllib.request\n"
               "ask = urllib.request.Request(\"http://localhost:2773/secretsmanager/get?secretId=\" + "
               "os.environ[\"{}\"], headers={\"X-Aws-Parameters-Secrets-Token\": "
               "os.environ[\"AWS_SESSION_TOKEN\"]})\n"
               "value = json.load(urllib.request.urlopen(ask))[\"SecretString\"]";
    else if (absl::StartsWith(runtime, "nodejs"))
        text = "const answer = await fetch(\"http://localhost:2773/secretsmanager/get?secretId=\" + "
               "process.env.{}, { headers: { \"X-Aws-Parameters-Secrets-Token\": "
               "process.env.AWS_SESSION_TOKEN } });\n"
               "const value = (await answer.json()).SecretString;";
    else if (absl::StartsWith(runtime, "ruby"))
        text = "require \"json\"; require \"net/http\"\n"
               "ask = URI(\"http://localhost:2773/secretsmanager/get?secretId=\" + ENV[\"{}\"])\n"
               "value = JSON.parse(Net::HTTP.get(ask, { \"X-Aws-Parameters-Secrets-Token\" => "
               "ENV[\"AWS_SESSION_TOKEN\"] }))[\"SecretString\"]";
    else // a GET; SecretString of the JSON that it answers
        text = "curl -s -H \"X-Aws-Parameters-Secrets-Token: $AWS_SESSION_TOKEN\" "
               "\"http://localhost:2773/secretsmanager/get?secretId=${}\"";
    return absl::StrReplaceAll(text, {{"{}", variable}});
}

v1::MovedSecret movedSecret(const record::SecretRecord& secret,
                            const functions::Configuration& function)
{
    const record::MovedFrom& from = secret.moved_from();
    v1::MovedSecret moved;
    moved.set_secret_arn(secret.arn());
    moved.set_variable(from.named_by());
    moved.set_role(roleName(function.role()));
    moved.set_policy(policyName(secret.name()));
    moved.set_code(codeFor(function.runtime(), from.named_by()));
    moved.set_name(secret.name());
    moved.set_function_name(from.function_name());
    moved.set_from_variable(from.variable());
    moved.set_file(from.file());
    moved.set_line(from.line());
    return moved;
}

// Whether the function's variables are as the move left them.
template <class Variables>
bool isUndoable(const Variables& variables, const std::string& variable,
                const std::string& namedBy, const std::string& arn)
{
    const auto named = variables.find(namedBy);
    return named != variables.end() && named->second == arn && !variables.contains(variable);
}

void putPolicy(Directory& directory, const std::string& role, const std::string& name,
               const std::string& document, Done done)
{
    directory.change(
        [=](Directory::Draft& draft) {
            record::Identity* identity = draft.edit(IdentityKind::Role, role);
            if (!identity)
                return makeError("NoSuchEntity", 404, absl::StrCat("There is no role ", role, "."));
            auto& own = *identity->mutable_inline_policies();
            own.erase(std::remove_if(own.begin(), own.end(),
                                     [&](const auto& each) { return each.name() == name; }),
                      own.end());
            if (document.empty())
                return absl::OkStatus();
            record::NamedDocument& added = *own.Add();
            added.set_name(name);
            added.set_document(document);
            return absl::OkStatus();
        },
        std::move(done));
}

void removeSecret(secrets::Vault& vault, const std::string& arn, bool forEver, Done done)
{
    sm::DeleteSecretRequest remove;
    remove.set_secret_id(arn);
    if (forEver)
        remove.set_force_delete_without_recovery(true);
    else
        remove.set_recovery_window_in_days(kRecoveryDays);
    vault.secrets().remove(remove, [done = std::move(done)](const auto& removed) { done(removed.status()); });
}

// Replaces the variables as they were read; a change by somebody else meanwhile must not be lost.
template <class Variables>
void setVariables(functions::Registry& registry, const functions::Configuration& before,
                  const Variables& variables, Done done)
{
    aws::lambda::UpdateFunctionConfigurationRequest update;
    update.set_function_name(before.function_name());
    update.set_revision_id(before.revision_id());
    *update.mutable_environment()->mutable_variables() = variables;
    registry.updateConfiguration(update,
                                 [done = std::move(done)](const auto& updated) { done(updated.status()); });
}

class Move final : public std::enable_shared_from_this<Move> {
public:
    Move(const PastedSearch& place, Directory& directory, const v1::MoveToSecretRequest& request,
         Reply<v1::MovedSecret> reply)
        : m_place(place), m_directory(directory), m_request(request), m_reply(std::move(reply))
    {
    }
    ~Move() { keys::cleanse(m_value); }

    void start()
    {
        const auto found = m_place.registry.find(m_request.function_name());
        if (!found.ok())
            return m_reply(found.status());
        m_before = m_place.registry.describe(*found);
        m_variable = m_request.variable().empty() ? variableFor(m_request.secret_name())
                                                  : m_request.variable() + kSuffix;
        if (m_before.environment().variables().contains(m_variable))
            return m_reply(conflict(absl::StrCat(m_request.function_name(), " has a variable ",
                                                 m_variable, " already.")));
        if (!m_request.variable().empty())
            return takeVariable();
        searchCode(m_place, *found->version, [self = shared_from_this()](auto secrets) {
            self->takeLine(secrets);
        });
    }

private:
    void takeVariable()
    {
        const auto& variables = m_before.environment().variables();
        const auto value = variables.find(m_request.variable());
        if (value == variables.end() || value->second.empty())
            return m_reply(notFound(absl::StrCat(m_request.function_name(), " has no variable ",
                                                 m_request.variable(), ".")));
        m_value = value->second;
        ensureRole();
    }

    void takeLine(const std::vector<CodeSecret>& secrets)
    {
        const auto secret = std::find_if(secrets.begin(), secrets.end(), [this](const CodeSecret& each) {
            return each.file == m_request.file() && each.at.line == m_request.line();
        });
        if (secret == secrets.end())
            return m_reply(notFound(absl::StrCat("Nothing looks like a secret at line ", m_request.line(),
                                                 " of ", m_request.file(), " any more.")));
        m_value = secret->at.suspicion.text;
        ensureRole();
    }

    void ensureRole()
    {
        m_directory.ensureExecutionRole(m_before.role(), [self = shared_from_this()] {
            const std::string role = roleName(self->m_before.role());
            const record::Identity* known = self->m_directory.find(IdentityKind::Role, role);
            if (!known || self->m_directory.arn(IdentityKind::Role, *known) != self->m_before.role())
                return self->m_reply(makeError(
                    "NoSuchEntity", 404,
                    absl::StrCat("The role ", self->m_before.role(),
                                 " is not of this account, so nobody here can let it read a secret.")));
            self->create();
        });
    }

    void create()
    {
        sm::CreateSecretRequest create;
        create.set_name(m_request.secret_name());
        create.set_client_request_token(randomUuid());
        create.set_description(
            m_request.variable().empty()
                ? absl::StrCat("Moved from ", m_request.file(), " of ", m_request.function_name())
                : absl::StrCat("Moved from the variable ", m_request.variable(), " of ",
                               m_request.function_name()));
        create.set_secret_string(m_value);
        m_place.vault.secrets().create(create, [self = shared_from_this()](const auto& created) {
            if (!created.ok())
                return self->m_reply(created.status());
            self->m_arn = created->arn();
            self->note();
        });
        keys::cleanse(*create.mutable_secret_string());
    }

    void note()
    {
        record::MovedFrom from;
        from.set_function_name(m_request.function_name());
        from.set_variable(m_request.variable());
        from.set_file(m_request.file());
        from.set_line(m_request.line());
        from.set_named_by(m_variable);
        m_place.vault.secrets().noteMove(m_arn, std::move(from),
                                         [self = shared_from_this()](absl::Status status) {
                                             status.ok() ? self->grant()
                                                         : self->takeBack(std::move(status));
                                         });
    }

    void grant()
    {
        putPolicy(m_directory, roleName(m_before.role()), policyName(m_request.secret_name()),
                  policyDocument(m_arn), [self = shared_from_this()](absl::Status status) {
                      status.ok() ? self->name() : self->takeBack(std::move(status));
                  });
    }

    void name()
    {
        auto variables = m_before.environment().variables();
        if (!m_request.variable().empty())
            variables.erase(m_request.variable());
        variables[m_variable] = m_arn;
        setVariables(m_place.registry, m_before, variables, [self = shared_from_this()](absl::Status status) {
            if (!status.ok())
                return self->revoke(std::move(status));
            const auto secret = self->m_place.vault.secrets().find(self->m_arn);
            if (!secret.ok())
                return self->m_reply(secret.status());
            self->m_reply(movedSecret(**secret, self->m_before));
        });
    }

    void revoke(absl::Status why)
    {
        putPolicy(m_directory, roleName(m_before.role()), policyName(m_request.secret_name()), {},
                  [self = shared_from_this(), why](const absl::Status&) { self->takeBack(why); });
    }

    void takeBack(absl::Status why)
    {
        removeSecret(m_place.vault, m_arn, true,
                     [self = shared_from_this(), why](const absl::Status&) { self->m_reply(why); });
    }

    const PastedSearch m_place;
    Directory& m_directory;
    const v1::MoveToSecretRequest m_request;
    const Reply<v1::MovedSecret> m_reply;
    functions::Configuration m_before;
    std::string m_variable; // that names the secret
    std::string m_value;
    std::string m_arn;
};

} // namespace

void moveToSecret(const PastedSearch& place, Directory& directory,
                  const v1::MoveToSecretRequest& request, Reply<v1::MovedSecret> reply)
{
    std::make_shared<Move>(place, directory, request, std::move(reply))->start();
}

v1::ListMovedSecretsResponse listMovedSecrets(const PastedSearch& place)
{
    std::vector<secrets::SecretPtr> secrets;
    for (const auto& [name, secret] : place.vault.secrets().all()) {
        if (secret->has_moved_from() && secret->deleted_at_ms() == 0)
            secrets.push_back(secret);
    }
    std::sort(secrets.begin(), secrets.end(), [](const auto& a, const auto& b) {
        return a->created_at_ms() > b->created_at_ms();
    });
    v1::ListMovedSecretsResponse response;
    for (const secrets::SecretPtr& secret : secrets) {
        const record::MovedFrom& from = secret->moved_from();
        const auto function = place.registry.find(from.function_name());
        if (!function.ok())
            continue;
        const functions::Configuration configuration = place.registry.describe(*function);
        if (isUndoable(configuration.environment().variables(), from.variable(), from.named_by(),
                       secret->arn()))
            *response.add_moved() = movedSecret(*secret, configuration);
    }
    return response;
}

void undoMoveToSecret(const PastedSearch& place, Directory& directory,
                      const v1::UndoMoveToSecretRequest& request,
                      Reply<v1::UndoMoveToSecretResponse> reply)
{
    const auto found = place.registry.find(request.function_name());
    if (!found.ok())
        return reply(found.status());
    const functions::Configuration before = place.registry.describe(*found);
    auto variables = before.environment().variables();
    if (!isUndoable(variables, request.variable(), request.named_by(), request.secret_arn()))
        return reply(conflict("The variables of the function were changed since; nothing is undone."));
    const auto secret = place.vault.secrets().find(request.secret_arn());
    if (!secret.ok())
        return reply(secret.status());
    variables.erase(request.named_by());
    const bool putsBack = !request.variable().empty();
    if (putsBack) {
        sm::GetSecretValueRequest wanted;
        wanted.set_secret_id(request.secret_arn());
        auto value = place.vault.secrets().value(wanted);
        if (!value.ok())
            return reply(value.status());
        variables[request.variable()] = std::move(*value->mutable_secret_string());
    }
    const std::string policy = policyName((*secret)->name()), role = roleName(before.role());
    setVariables(place.registry, before, variables,
                 [place, &directory, policy, role, putsBack, arn = request.secret_arn(),
                  reply = std::move(reply)](const absl::Status& put) {
                     if (!put.ok())
                         return reply(put);
                     putPolicy(directory, role, policy, {}, [=](const absl::Status& taken) {
                         if (!taken.ok())
                             return reply(taken);
                         removeSecret(place.vault, arn, putsBack, [reply](const absl::Status& removed) {
                             removed.ok() ? reply(v1::UndoMoveToSecretResponse()) : reply(removed);
                         });
                     });
                 });
}

} // namespace gantry::api
