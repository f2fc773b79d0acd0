#include "backend/iam/policy_check.h"

#include "backend/base/text.h"
#include "backend/iam/policy_values.h"

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <set>

namespace gantry::iam {
namespace {

using Issue = v1::PolicyIssue;

// "line 7: Statement 2: Effect: must be Allow or Deny"
Issue parseError(std::string_view message)
{
    Issue issue;
    issue.set_severity(Issue::ERROR);
    constexpr std::string_view kLine = "line ";
    if (message.starts_with(kLine)) {
        const std::size_t colon = message.find(": ");
        int line = 0;
        if (colon != std::string_view::npos &&
            absl::SimpleAtoi(view(message.substr(kLine.size(), colon - kLine.size())), &line)) {
            issue.set_line(line);
            message.remove_prefix(colon + 2);
        }
    }
    const std::size_t last = message.rfind(": ");
    if (last != std::string_view::npos && message.starts_with("Statement")) {
        issue.set_element(std::string(message.substr(0, last)));
        message.remove_prefix(last + 2);
    }
    issue.set_message(std::string(message));
    return issue;
}

bool isEverything(const ResourcePattern& resource)
{
    return resource.source() == "*";
}

// Looks at one statement of a policy that can be read.
class StatementCheck final {
public:
    StatementCheck(const Statement& statement, std::size_t index, PolicyKind kind,
                   const ActionCatalogue& catalogue, std::vector<Issue>& out)
        : m_statement(statement), m_index(index), m_kind(kind), m_catalogue(catalogue), m_out(out)
    {
    }

    void run()
    {
        checkActions();
        checkReach();
        checkResources();
        checkPrincipals();
        checkConditions();
    }

private:
    void add(Issue::Severity severity, const char* element, std::string message)
    {
        Issue issue;
        issue.set_severity(severity);
        issue.set_line(m_statement.line);
        issue.set_element(absl::StrCat("Statement ", m_index + 1, ": ", element));
        issue.set_message(std::move(message));
        m_out.push_back(std::move(issue));
    }

    void checkActions()
    {
        for (const PolicyPattern& action : m_statement.actions) {
            const std::string& text = action.source();
            const std::size_t colon = text.find(':');
            if (colon == std::string::npos)
                continue;
            const std::string prefix = lowerCase(text.substr(0, colon));
            m_services.insert(prefix);
            const CataloguedService* service = m_catalogue.service(prefix);
            if (!service)
                continue;
            const auto found =
                ActionCatalogue::matching(*service, lowerCase(text.substr(colon + 1)));
            if (found.empty())
                add(Issue::WARNING, actionElement(),
                    absl::StrCat(service->name, " has no action ", text, nearest(*service, prefix, text)));
            m_matched.insert(m_matched.end(), found.begin(), found.end());
            if (m_statement.allows && !m_statement.notAction && text.substr(colon + 1) == "*")
                add(Issue::SUGGESTION, "Action",
                    absl::StrCat(text, " allows all ", found.size(), " actions of ", service->name,
                                 ", those that come later too: name the ones that are needed."));
        }
        for (const PolicyPattern& one : m_statement.actions) {
            for (const PolicyPattern& other : m_statement.actions) {
                if (&one != &other && one.source() != other.source() &&
                    other.matches(lowerCase(one.source()), PolicyContext()))
                    add(Issue::SUGGESTION, actionElement(),
                        absl::StrCat(one.source(), " is contained in ", other.source(), "."));
            }
        }
    }

    // The action that begins most alike.
    static std::string nearest(const CataloguedService& service, const std::string& prefix,
                               const std::string& text)
    {
        const std::string wanted = lowerCase(text.substr(text.find(':') + 1));
        const CataloguedAction* best = nullptr;
        std::size_t length = 3;
        for (const auto& [name, action] : service.actions) {
            const auto at = std::mismatch(wanted.begin(), wanted.end(), name.begin(), name.end());
            const auto common = static_cast<std::size_t>(at.first - wanted.begin());
            if (common > length) {
                length = common;
                best = &action;
            }
        }
        return best ? absl::StrCat(". Is ", prefix, ":", best->name, " meant?") : ".";
    }

    void checkReach()
    {
        if (!m_statement.allows)
            return;
        const bool everywhere = !m_statement.hasResource ||
                                std::any_of(m_statement.resources.begin(),
                                            m_statement.resources.end(), isEverything);
        const bool anything = std::any_of(m_statement.actions.begin(), m_statement.actions.end(),
                                          [](const PolicyPattern& a) { return a.source() == "*"; });
        if (m_kind == PolicyKind::Identity && anything && everywhere && !m_statement.notAction)
            add(Issue::WARNING, "Action", "This allows every action on every resource.");
        if (m_statement.notAction)
            add(Issue::WARNING, "NotAction",
                "Allow with NotAction allows everything that is not named, of every service.");
        if (m_statement.notResource)
            add(Issue::WARNING, "NotResource",
                "Allow with NotResource allows every resource that is not named.");
        if (everywhere && m_kind == PolicyKind::Identity && passesRoles())
            add(Issue::WARNING, "Resource",
                "iam:PassRole on every role lets its holder give a function more rights than they "
                "have themselves: name the roles.");
        if (everywhere && !anything && !m_statement.notAction && m_kind == PolicyKind::Identity &&
            !m_matched.empty() && m_statement.conditions.empty() &&
            std::all_of(m_matched.begin(), m_matched.end(),
                        [](const CataloguedAction* a) { return !a->resources.empty(); }))
            add(Issue::SUGGESTION, "Resource",
                "All of these actions can be limited to resources: name them instead of \"*\".");
    }

    bool passesRoles() const
    {
        return !m_statement.notAction &&
               std::any_of(m_statement.actions.begin(), m_statement.actions.end(),
                           [](const PolicyPattern& action) {
                               return action.matches("iam:passrole", PolicyContext());
                           });
    }

    void checkResources()
    {
        if (m_statement.notAction || m_statement.notResource || m_services.empty())
            return;
        for (const ResourcePattern& resource : m_statement.resources) {
            const auto parts = splitArn(resource.source());
            if (!parts || absl::StrContains(view((*parts)[2]), "*") ||
                m_services.count(std::string((*parts)[2])) > 0)
                continue;
            add(Issue::WARNING, "Resource",
                absl::StrCat("No action of this statement works on a resource of ", view((*parts)[2]),
                             ": ", resource.source()));
        }
    }

    void checkPrincipals()
    {
        if (m_statement.allows && m_statement.notPrincipal)
            add(Issue::WARNING, "NotPrincipal",
                "Allow with NotPrincipal lets in everybody who is not named, strangers too.");
        const bool everyone =
            std::any_of(m_statement.principals.begin(), m_statement.principals.end(),
                        [](const PrincipalPattern& p) {
                            return p.kind == PrincipalPattern::Kind::Everyone;
                        });
        if (m_statement.allows && everyone && m_statement.conditions.empty())
            add(Issue::WARNING, "Principal", "This lets in everybody, without a condition.");
    }

    void checkConditions()
    {
        for (const Condition& condition : m_statement.conditions) {
            if (const std::string value = condition.unusableValue(); !value.empty())
                add(Issue::WARNING, "Condition",
                    absl::StrCat(condition.name(), " on ", condition.key(),
                                 " can never compare the value ", value, "."));
            if (m_statement.allows && condition.op().quantifier == Quantifier::ForAllValues)
                add(Issue::WARNING, "Condition",
                    absl::StrCat("ForAllValues is true as well when the request does not have ",
                                 condition.key(), ": add Null with false for this key."));
            checkKey(condition);
        }
    }

    // Keys of a service that its reference does not have. Keys may hold a name: aws:RequestTag/team.
    void checkKey(const Condition& condition)
    {
        const std::string& key = condition.lowerKey();
        const std::size_t colon = key.find(':');
        const std::string prefix = key.substr(0, colon);
        const CataloguedService* service = m_catalogue.service(prefix);
        if (colon == std::string::npos)
            return add(Issue::WARNING, "Condition",
                       absl::StrCat(condition.key(), " is no condition key: they begin with aws: or "
                                                     "the name of a service and a colon."));
        if (!service || service->keys.empty())
            return;
        const std::string stem = key.substr(0, key.find('/'));
        const bool known = std::any_of(service->keys.begin(), service->keys.end(),
                                       [&](const std::string& each) {
                                           return each == key || each.substr(0, each.find('/')) == stem;
                                       });
        // Keys for signing in with roles are not in its list.
        if (!known && prefix != "sts")
            add(Issue::WARNING, "Condition",
                absl::StrCat(service->name, " has no condition key ", condition.key(), "."));
    }

    const char* actionElement() const { return m_statement.notAction ? "NotAction" : "Action"; }

    const Statement& m_statement;
    const std::size_t m_index;
    const PolicyKind m_kind;
    const ActionCatalogue& m_catalogue;
    std::vector<Issue>& m_out;
    std::set<std::string> m_services;
    std::vector<const CataloguedAction*> m_matched;
};

} // namespace

std::vector<Issue> checkPolicy(const std::string& document, PolicyKind kind, std::size_t limit,
                               const ActionCatalogue& catalogue)
{
    std::vector<Issue> issues;
    const auto parsed = Policy::parse(document, kind, {limit});
    if (!parsed.ok()) {
        issues.push_back(parseError(view(parsed.status().message())));
        return issues;
    }
    if ((*parsed)->version() != "2012-10-17") {
        Issue issue;
        issue.set_severity(Issue::SUGGESTION);
        issue.set_line(1);
        issue.set_element("Version");
        issue.set_message("Say \"Version\": \"2012-10-17\": the older one, which is the default, has "
                          "no policy variables.");
        issues.push_back(std::move(issue));
    }
    for (std::size_t i = 0; i < (*parsed)->statements().size(); ++i)
        StatementCheck((*parsed)->statements()[i], i, kind, catalogue, issues).run();
    std::stable_sort(issues.begin(), issues.end(), [](const Issue& a, const Issue& b) {
        return a.severity() < b.severity();
    });
    return issues;
}

} // namespace gantry::iam
