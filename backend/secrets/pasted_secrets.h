#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Finds secrets where they should not be. Errs towards silence: a list that cries wolf is not read.
namespace gantry::secrets {

// A text that looks like a secret, and why. The text itself never leaves the daemon.
struct Suspicion {
    std::string kind; // in words for the user, e.g. AWS access key
    std::string text;
};

// Whether the value of an environment variable looks like a secret: a form that a provider documents,
// a name that says so, or a text that is too random to be anything else.
std::optional<Suspicion> suspect(std::string_view name, std::string_view value);

struct SuspectLine {
    int line = 0;     // from 1
    std::string name; // that it is assigned to; may be empty
    Suspicion suspicion;
};

// Lines of source code with a secret of a known form, or that give a telling name a literal.
std::vector<SuspectLine> suspectLines(std::string_view source);

// The first characters, to recognise it by.
std::string masked(std::string_view text);

} // namespace gantry::secrets
