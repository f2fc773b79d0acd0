#pragma once

#include <QString>

#include <optional>
#include <utility>

namespace gantry::rpc {

// Why a call failed, in words for the user. Shown beside the control that asked.
struct Error {
    QString name;     // AWS error shape, e.g. ResourceConflictException; or Unavailable
    QString message;  // what failed and why
    bool unavailable = false;  // the daemon cannot be reached: the shell deals with that
};

// A value or an error; a copyable value type.
template <class T> class Result final {
public:
    Result(T value) : m_value(std::move(value)) {}
    Result(Error error) : m_error(std::move(error)) {}

    explicit operator bool() const { return m_value.has_value(); }
    const T& operator*() const { return *m_value; }
    const T* operator->() const { return &*m_value; }
    const Error& error() const { return m_error; }

private:
    std::optional<T> m_value;
    Error m_error;
};

struct Nothing {};

} // namespace gantry::rpc
