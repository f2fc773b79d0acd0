#pragma once

#include <absl/container/flat_hash_map.h>

#include <string>
#include <string_view>
#include <vector>

namespace gantry::iam {

// The condition keys of one request and their values. Names of keys have no case: they are kept in
// lower case.
class PolicyContext final {
public:
    struct Value {
        std::vector<std::string> values;
        bool many = false; // a multivalued key, however many values it has now
    };

    void set(std::string_view key, std::string value);
    void setMany(std::string_view key, std::vector<std::string> values);

    // lowerKey: the key in lower case. Null when the request does not have the key.
    const Value* find(const std::string& lowerKey) const;
    // The value of a single-valued key; null otherwise.
    const std::string* single(const std::string& lowerKey) const;

    const absl::flat_hash_map<std::string, Value>& all() const { return m_values; }

private:
    absl::flat_hash_map<std::string, Value> m_values;
};

} // namespace gantry::iam
