#include "backend/base/text.h"
#include "backend/iam/policy.h"
#include "backend/iam/policy_json.h"
#include "backend/iam/policy_values.h"

#include <absl/status/status.h>
#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <set>

namespace gantry::iam {
namespace {

// A document of many megabytes is refused before it is read.
constexpr std::size_t kMaxBytes = 256 * 1024;

bool isAccountId(std::string_view text)
{
    return text.size() == 12 &&
           std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c); });
}

// "service:Action" with wildcards in the action; "*" alone.
bool isAction(std::string_view text)
{
    if (text == "*")
        return true;
    const std::size_t colon = text.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size())
        return false;
    const auto isName = [](char c) { return absl::ascii_isalnum(c) || c == '-'; };
    const auto isActionChar = [](char c) {
        return absl::ascii_isalnum(c) || c == '*' || c == '?' || c == '-' || c == '_';
    };
    const std::string_view service = text.substr(0, colon);
    const std::string_view action = text.substr(colon + 1);
    return std::all_of(service.begin(), service.end(), isName) &&
           std::all_of(action.begin(), action.end(), isActionChar);
}

} // namespace

// Reads one document to its end and keeps the first fault. Grammar: "Grammar of the IAM JSON policy
// language" in the IAM user guide.
class PolicyParser final {
public:
    explicit PolicyParser(PolicyKind kind) : m_kind(kind) {}

    absl::StatusOr<PolicyPtr> read(std::string_view text, const PolicyJson& document)
    {
        m_policy->m_document = std::string(text);
        readDocument(document);
        if (!m_fault.empty())
            return absl::InvalidArgumentError(m_fault);
        return PolicyPtr(m_policy);
    }

private:
    void fail(const PolicyJson& at, const std::string& where, const std::string& what)
    {
        if (m_fault.empty())
            m_fault = absl::StrCat("line ", at.line, ": ", where, where.empty() ? "" : ": ", what);
    }

    void readDocument(const PolicyJson& document)
    {
        if (document.kind != PolicyJson::Kind::Object)
            return fail(document, "",
                        absl::StrCat("a policy is an object, not ", view(document.kindName())));
        for (const auto& [name, value] : document.members) {
            if (name == "Version")
                m_policy->m_version = version(value);
            else if (name == "Id")
                m_policy->m_id = string(value, "Id");
            else if (name != "Statement")
                fail(value, "",
                     absl::StrCat("a policy has no element \"", name,
                                  "\": only Version, Id and Statement"));
        }
        const PolicyJson* statements = document.find("Statement");
        if (!statements)
            return fail(document, "", "the element Statement is missing");
        if (statements->kind == PolicyJson::Kind::Array) {
            for (const PolicyJson& each : statements->items)
                addStatement(each);
        } else {
            addStatement(*statements);
        }
        if (m_policy->m_statements.empty())
            fail(*statements, "Statement", "a policy needs at least one statement");
    }

    std::string version(const PolicyJson& value)
    {
        std::string text = string(value, "Version");
        if (text != "2012-10-17" && text != "2008-10-17")
            fail(value, "Version", "must be 2012-10-17 (or the old 2008-10-17)");
        m_variables = text == "2012-10-17";
        return text;
    }

    std::string string(const PolicyJson& value, const std::string& where)
    {
        if (value.kind != PolicyJson::Kind::String)
            fail(value, where, absl::StrCat("must be a string, not ", view(value.kindName())));
        return value.text;
    }

    // A string or a list of strings; conditions take numbers and booleans as well.
    std::vector<std::pair<std::string, const PolicyJson*>>
    strings(const PolicyJson& value, const std::string& where, bool anyScalar = false)
    {
        std::vector<std::pair<std::string, const PolicyJson*>> out;
        const auto add = [&](const PolicyJson& each) {
            const bool scalar = each.kind == PolicyJson::Kind::String ||
                                (anyScalar && (each.kind == PolicyJson::Kind::Number ||
                                               each.kind == PolicyJson::Kind::Bool));
            if (!scalar)
                return fail(each, where,
                            absl::StrCat("must be a string or a list of strings, not ",
                                         view(each.kindName())));
            out.emplace_back(each.text, &each);
        };
        if (value.kind == PolicyJson::Kind::Array) {
            for (const PolicyJson& each : value.items)
                add(each);
        } else {
            add(value);
        }
        if (out.empty())
            fail(value, where, "must not be empty");
        return out;
    }

    void addStatement(const PolicyJson& json)
    {
        const std::string where = absl::StrCat("Statement ", m_policy->m_statements.size() + 1);
        if (json.kind != PolicyJson::Kind::Object)
            return fail(json, where,
                        absl::StrCat("must be an object, not ", view(json.kindName())));
        Statement statement;
        statement.line = json.line;
        for (const auto& [name, value] : json.members)
            element(name, value, absl::StrCat(where, ": ", name), statement);
        if (!json.find("Effect"))
            fail(json, where, "the element Effect is missing");
        if (statement.actions.empty())
            fail(json, where, "must have Action or NotAction");
        checkPlace(json, where, statement);
        m_policy->m_statements.push_back(std::move(statement));
    }

    void element(const std::string& name, const PolicyJson& value, const std::string& where,
                 Statement& statement)
    {
        const bool negated = absl::StartsWith(name, "Not");
        if (name == "Sid") {
            sid(value, where, statement);
        } else if (name == "Effect") {
            const std::string effect = string(value, where);
            if (effect != "Allow" && effect != "Deny")
                fail(value, where, "must be Allow or Deny");
            statement.allows = effect == "Allow";
        } else if (name == "Action" || name == "NotAction") {
            if (!statement.actions.empty())
                fail(value, where, "a statement has Action or NotAction, not both");
            statement.notAction = negated;
            actions(value, where, statement);
        } else if (name == "Resource" || name == "NotResource") {
            if (!statement.resources.empty())
                fail(value, where, "a statement has Resource or NotResource, not both");
            statement.notResource = negated;
            statement.hasResource = true;
            resources(value, where, statement);
        } else if (name == "Principal" || name == "NotPrincipal") {
            if (statement.hasPrincipal)
                fail(value, where, "a statement has Principal or NotPrincipal, not both");
            statement.notPrincipal = negated;
            statement.hasPrincipal = true;
            principals(value, where, statement);
        } else if (name == "Condition") {
            conditions(value, where, statement);
        } else {
            fail(value, where, "a statement has no such element");
        }
    }

    void sid(const PolicyJson& value, const std::string& where, Statement& statement)
    {
        statement.sid = string(value, where);
        const bool strict = m_kind == PolicyKind::Identity;
        for (const char c : statement.sid) {
            if (!absl::ascii_isalnum(c) && (strict || (c != '-' && c != '_' && c != ' ')))
                fail(value, where,
                     strict ? "may have letters and digits only"
                            : "may have letters, digits, hyphens and underscores");
        }
        if (!statement.sid.empty() && !m_sids.insert(statement.sid).second)
            fail(value, where, absl::StrCat("\"", statement.sid, "\" is there twice"));
    }

    void actions(const PolicyJson& value, const std::string& where, Statement& statement)
    {
        for (const auto& [text, at] : strings(value, where)) {
            if (!isAction(text))
                fail(*at, where,
                     absl::StrCat("\"", text,
                                  "\" is not an action: they read "
                                  "service:Action, as in s3:GetObject"));
            statement.actions.emplace_back(text, PolicyPattern::Options{true, false, true});
        }
    }

    void resources(const PolicyJson& value, const std::string& where, Statement& statement)
    {
        for (const auto& [text, at] : strings(value, where)) {
            if (text != "*" && !absl::StartsWith(text, "arn:"))
                fail(*at, where, absl::StrCat("\"", text, "\" is neither an ARN nor *"));
            statement.resources.emplace_back(text, m_kind, m_variables);
        }
    }

    PrincipalPattern awsPrincipal(const std::string& text, const PolicyJson& at,
                                  const std::string& where)
    {
        if (text == "*")
            return {PrincipalPattern::Kind::Everyone, {}, text};
        if (isAccountId(text))
            return {PrincipalPattern::Kind::Account, text, text};
        const auto parts = splitArn(text);
        if (!parts || ((*parts)[2] != "iam" && (*parts)[2] != "sts") || !isAccountId((*parts)[4])) {
            fail(at, where,
                 absl::StrCat("\"", text,
                              "\" is not *, an account id of twelve digits "
                              "or the ARN of a user, a role or a session"));
            return {};
        }
        if ((*parts)[5].find_first_of("*?") != std::string_view::npos)
            fail(at, where, absl::StrCat("\"", text, "\": a principal cannot have wildcards"));
        if ((*parts)[2] == "iam" && (*parts)[5] == "root")
            return {PrincipalPattern::Kind::Account, std::string((*parts)[4]), text};
        return {PrincipalPattern::Kind::Arn, text, text};
    }

    void principals(const PolicyJson& value, const std::string& where, Statement& statement)
    {
        if (value.kind == PolicyJson::Kind::String && value.text == "*") {
            statement.principals.push_back({PrincipalPattern::Kind::Everyone, {}, "*"});
            return;
        }
        if (value.kind != PolicyJson::Kind::Object || value.members.empty())
            return fail(value, where,
                        "must be * or an object with AWS, Service, Federated or "
                        "CanonicalUser");
        for (const auto& [type, names] : value.members) {
            const std::string inner = absl::StrCat(where, ": ", type);
            for (const auto& [text, at] : strings(names, inner)) {
                if (type == "AWS")
                    statement.principals.push_back(awsPrincipal(text, *at, inner));
                else if (type == "Service" && text.find('*') == std::string::npos)
                    statement.principals.push_back({PrincipalPattern::Kind::Service, text, text});
                else if (type == "Federated")
                    statement.principals.push_back({PrincipalPattern::Kind::Federated, text, text});
                else if (type == "CanonicalUser")
                    statement.principals.push_back(
                        {PrincipalPattern::Kind::CanonicalUser, text, text});
                else
                    fail(*at, inner,
                         type == "Service" ? "a service has no wildcards"
                                           : "there is no such type of principal");
            }
        }
    }

    void conditions(const PolicyJson& value, const std::string& where, Statement& statement)
    {
        if (value.kind != PolicyJson::Kind::Object)
            return fail(value, where,
                        absl::StrCat("must be an object, not ", view(value.kindName())));
        for (const auto& [name, keys] : value.members) {
            const std::string inner = absl::StrCat(where, ": ", name);
            const auto op = ConditionOperator::parse(name);
            if (!op)
                return fail(keys, inner, "there is no such condition operator");
            if (keys.kind != PolicyJson::Kind::Object)
                return fail(keys, inner,
                            absl::StrCat("must be an object of keys and values, not ",
                                         view(keys.kindName())));
            for (const auto& [key, values] : keys.members) {
                const std::string place = absl::StrCat(inner, ": ", key);
                if (key.find(':') == std::string::npos)
                    fail(values, place, "a condition key reads service:key, as in aws:SourceIp");
                std::vector<std::string> texts;
                for (auto& [text, at] : strings(values, place, true))
                    texts.push_back(text);
                statement.conditions.emplace_back(name, *op, key, std::move(texts), m_variables);
            }
        }
    }

    void checkPlace(const PolicyJson& json, const std::string& where, const Statement& statement)
    {
        if (m_kind == PolicyKind::Identity && statement.hasPrincipal)
            fail(json, where, "a policy of an identity has no Principal: it is for who has it");
        if (m_kind != PolicyKind::Identity && !statement.hasPrincipal)
            fail(json, where, "must have Principal or NotPrincipal: whom it is for");
        if (m_kind == PolicyKind::Trust && statement.hasResource)
            fail(json, where, "a trust policy has no Resource: it is about its own role");
        if (m_kind != PolicyKind::Trust && !statement.hasResource)
            fail(json, where, "must have Resource or NotResource");
    }

    const PolicyKind m_kind;
    std::string m_fault;
    bool m_variables = false;
    std::shared_ptr<Policy> m_policy{new Policy};
    std::set<std::string> m_sids;
};

absl::StatusOr<PolicyPtr> Policy::parse(std::string_view document, PolicyKind kind, Limits limits)
{
    if (document.size() > kMaxBytes)
        return absl::InvalidArgumentError(
            absl::StrCat("the policy is longer than ", kMaxBytes / 1024, " KiB"));
    const auto characters =
        static_cast<std::size_t>(std::count_if(document.begin(), document.end(), [](char c) {
            // White space and the bytes after a character's first are not counted.
            return !absl::ascii_isspace(static_cast<unsigned char>(c)) &&
                   (static_cast<unsigned char>(c) & 0xc0) != 0x80;
        }));
    if (characters > limits.characters)
        return absl::OutOfRangeError(absl::StrCat("the policy has ", characters,
                                                  " characters without white space; at most ",
                                                  limits.characters, " are allowed here"));
    const absl::StatusOr<PolicyJson> json = readPolicyJson(document);
    if (!json.ok())
        return json.status();
    return PolicyParser(kind).read(document, *json);
}

} // namespace gantry::iam
