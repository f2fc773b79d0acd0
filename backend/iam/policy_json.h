#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::iam {

struct PolicyMember;

// A JSON value that knows the line it stands on, so that an error in a policy can name it. Numbers
// and booleans are kept as their text: policies compare texts.
struct PolicyJson {
    enum class Kind { Object, Array, String, Number, Bool, Null };

    Kind kind = Kind::Null;
    int line = 1;
    std::string text;                 // of a string, number or boolean
    std::vector<PolicyMember> members; // of an object, in their order
    std::vector<PolicyJson> items;     // of an array

    const PolicyJson* find(std::string_view name) const;
    std::string_view kindName() const;
};

struct PolicyMember {
    std::string name;
    PolicyJson value;
};

// Reads a whole document, strictly: no comments, no trailing comma, valid UTF-8, no member twice in
// an object, nesting up to 16. The error says the line and what is wrong there.
absl::StatusOr<PolicyJson> readPolicyJson(std::string_view text);

} // namespace gantry::iam
