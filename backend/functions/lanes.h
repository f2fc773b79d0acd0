#pragma once

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace gantry::functions {

// Changes of one function happen one after another, in the order in which they came, and each sees
// what the one before it left; changes of different functions overlap. I/O thread only.
class Lanes final {
public:
    // Held while a change is under way; the next one begins when the last copy is dropped.
    using Pass = std::shared_ptr<void>;

    explicit Lanes(boost::asio::io_context& io);
    ~Lanes(); // changes that wait are forgotten

    void enter(const std::string& name, std::function<void(Pass)> begin);

private:
    struct State;
    std::shared_ptr<State> m_state;
};

} // namespace gantry::functions
