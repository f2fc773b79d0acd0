#include "backend/iam/policy_cache.h"

#include <absl/strings/str_cat.h>

#include <utility>

namespace gantry::iam {
namespace {

constexpr std::size_t kMaxCompiled = 2'000;

} // namespace

PolicyPtr PolicyCache::find(const std::string& document, PolicyKind kind)
{
    std::string name = absl::StrCat(static_cast<int>(kind), document);
    if (const auto found = m_compiled.find(name); found != m_compiled.end())
        return found->second;
    if (m_compiled.size() >= kMaxCompiled)
        m_compiled.clear();
    auto parsed = Policy::parse(document, kind, {std::size_t(-1)});
    PolicyPtr policy = parsed.ok() ? *std::move(parsed) : nullptr;
    m_compiled.emplace(std::move(name), policy);
    return policy;
}

} // namespace gantry::iam
