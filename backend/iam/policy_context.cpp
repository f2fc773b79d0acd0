#include "backend/iam/policy_context.h"

#include "backend/iam/policy_pattern.h"

namespace gantry::iam {

void PolicyContext::set(std::string_view key, std::string value)
{
    Value& entry = m_values[lowerCase(key)];
    entry.values.clear();
    entry.values.push_back(std::move(value));
    entry.many = false;
}

void PolicyContext::setMany(std::string_view key, std::vector<std::string> values)
{
    m_values[lowerCase(key)] = Value{std::move(values), true};
}

const PolicyContext::Value* PolicyContext::find(const std::string& lowerKey) const
{
    const auto found = m_values.find(lowerKey);
    return found == m_values.end() ? nullptr : &found->second;
}

const std::string* PolicyContext::single(const std::string& lowerKey) const
{
    const Value* value = find(lowerKey);
    return value && !value->many && value->values.size() == 1 ? &value->values.front() : nullptr;
}

} // namespace gantry::iam
