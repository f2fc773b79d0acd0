#include "backend/iam/policy_cache.h"

#include <utility>

namespace gantry::iam {
namespace {

constexpr std::size_t kMaxCompiled = 2'000;

} // namespace

PolicyPtr PolicyCache::find(const std::string& document, PolicyKind kind)
{
    auto& compiled = m_compiled[static_cast<std::size_t>(kind)];
    if (const auto found = compiled.find(document); found != compiled.end())
        return found->second;
    if (compiled.size() >= kMaxCompiled)
        compiled.clear();
    auto parsed = Policy::parse(document, kind, {std::size_t(-1)});
    PolicyPtr policy = parsed.ok() ? *std::move(parsed) : nullptr;
    compiled.emplace(document, policy);
    return policy;
}

} // namespace gantry::iam
