#include "backend/iam/policy.h"

#include "backend/iam/policy_values.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <set>

namespace gantry::iam {
namespace {

constexpr std::size_t kArnSegments = 6;

} // namespace

ResourcePattern::ResourcePattern(std::string_view source, PolicyKind kind, bool variables)
    : m_source(source), m_all(source == "*")
{
    if (m_all)
        return;
    std::string whole(source);
    if (!splitArn(whole)) {
        const auto colons = std::count(whole.begin(), whole.end(), ':');
        const bool wild = whole.find('*') != std::string::npos;
        if (kind != PolicyKind::Identity && !wild)
            return;
        for (std::size_t i = static_cast<std::size_t>(colons) + 1; i < kArnSegments; ++i)
            whole += ":*";
    }
    const auto parts = splitArn(whole);
    if (!parts)
        return;
    for (std::size_t i = 1; i < parts->size(); ++i)
        m_segments.emplace_back((*parts)[i], PolicyPattern::Options{true, variables, false});
}

ResourcePattern::Match ResourcePattern::match(std::string_view resource,
                                              const PolicyContext& context) const
{
    if (m_all)
        return Match::Yes;
    const auto parts = splitArn(resource);
    if (!parts || m_segments.empty())
        return Match::No;
    for (std::size_t i = 0; i < m_segments.size(); ++i) {
        if (m_segments[i].matches((*parts)[i + 1], context))
            continue;
        return m_segments[i].hasVariables() && !m_segments[i].resolved(context) ? Match::Unknown
                                                                                : Match::No;
    }
    return Match::Yes;
}

std::vector<std::string> ResourcePattern::variableNames() const
{
    std::vector<std::string> names;
    for (const PolicyPattern& segment : m_segments) {
        for (std::string& name : segment.variableNames())
            names.push_back(std::move(name));
    }
    return names;
}

std::string Statement::label(std::size_t index) const
{
    return sid.empty() ? absl::StrCat("statement ", index + 1) : absl::StrCat("statement ", sid);
}

std::vector<std::string> Policy::contextKeys() const
{
    std::set<std::string> keys;
    for (const Statement& statement : m_statements) {
        for (const Condition& condition : statement.conditions) {
            keys.insert(condition.lowerKey());
            for (std::string& name : condition.variableNames())
                keys.insert(std::move(name));
        }
        for (const ResourcePattern& resource : statement.resources) {
            for (std::string& name : resource.variableNames())
                keys.insert(std::move(name));
        }
    }
    return {keys.begin(), keys.end()};
}

} // namespace gantry::iam
