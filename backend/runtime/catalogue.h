#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::runtime {

struct Runtime {
    std::string id;     // e.g. python3.13
    std::string family; // python, nodejs, provided, ...
    bool available = false;
    bool exact = false; // the interpreter's version is the one that the id names
    bool deprecated = false;
    std::string interpreter; // absolute path on the host; empty for provided.*
    std::string version;     // of the interpreter, e.g. 3.11.2
    std::string clientDirectory; // of a compiled client; empty: runtimes/FAMILY in the resources
    std::string note;        // what to say to the user
};

// Which interpreter each runtime id maps to on this host. Probed once at start.
class Catalogue final {
public:
    // Looks below /usr only: that is what an environment sees of the host.
    static Catalogue probe();

    const std::vector<Runtime>& runtimes() const { return m_runtimes; }
    const Runtime* find(std::string_view id) const;

private:
    std::vector<Runtime> m_runtimes;
};

} // namespace gantry::runtime
