#pragma once

#include <functional>
#include <string>

namespace gantry::wire {

// Takes the body of a request while it comes, so that it needs no room in memory. I/O thread only.
class BodySink {
public:
    virtual ~BodySink() = default;
    // The next bytes come after `more` was called, at once or later. What cannot be kept is noted
    // and told in the reply.
    virtual void write(std::string bytes, std::function<void()> more) = 0;
};

} // namespace gantry::wire
