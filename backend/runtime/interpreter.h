#pragma once

#include <string>
#include <vector>

namespace gantry::runtime {

// A language interpreter that the host has installed where environments can see it.
struct Interpreter {
    std::string path;    // canonical
    std::string version; // 3.11.2
    int major = 0;
    int minor = 0;
};

// Interpreters of a family (python, nodejs, ruby, java) below /usr, oldest first. Runs each with --version.
std::vector<Interpreter> findInterpreters(const std::string& family);

// The first number.number.number in what --version printed; nothing else is filled when there is
// none.
Interpreter parseVersion(const std::string& text);

} // namespace gantry::runtime
