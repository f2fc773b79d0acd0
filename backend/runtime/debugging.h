#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace gantry::runtime {

// Where a debugger reaches the program of an environment.
struct DebuggerAddress {
    std::string protocol;   // inspector (Node.js), debugpy (Python) or jdwp (Java)
    std::uint16_t port = 0; // on 127.0.0.1 of the host
};

// What an environment under a debugger and whoever asked for it have to tell each other. Its program
// waits for the debugger before it loads the function's code. I/O thread only.
struct Debugging {
    std::function<void(const DebuggerAddress&)> onWaiting; // once
    // Set by the environment: ends it, whatever it does.
    std::function<void()> stop;
};

} // namespace gantry::runtime
