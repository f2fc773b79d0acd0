#pragma once

#include <cerrno>
#include <exception>
#include <string>
#include <utility>

namespace gantry::sandbox {

// A step of setting up that the kernel refused. It ends the set-up wherever it happens; the words
// and the errno go to the daemon, which tells the user.
class StepFailed final : public std::exception {
public:
    StepFailed(std::string step, int error) : m_step(std::move(step)), m_error(error) {}
    const char* what() const noexcept override { return m_step.c_str(); }
    int error() const { return m_error; }

private:
    std::string m_step;
    int m_error;
};

// For calls that answer below zero on failure; step completes "could not ...".
inline int must(int result, std::string step)
{
    if (result < 0)
        throw StepFailed(std::move(step), errno);
    return result;
}

} // namespace gantry::sandbox
