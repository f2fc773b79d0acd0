#include "backend/runtime/log_capture.h"

#include "backend/base/clock.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <unistd.h>

namespace gantry::runtime {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxLine = 256 * 1024;
constexpr std::size_t kReadSize = 16 * 1024;
constexpr std::size_t kTurnLimit = 256 * 1024;
// What a pipe holds at most (fs.pipe-max-size); a drain needs no more.
constexpr std::size_t kDrainLimit = 1024 * 1024;

// Length of the valid UTF-8 sequence at text[i], 0 when there is none.
std::size_t sequenceLength(const std::string& text, std::size_t i)
{
    const auto byte = [&](std::size_t at) -> unsigned {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u;
    };
    const auto continues = [&](std::size_t at) { return (byte(at) & 0xC0u) == 0x80u; };
    const unsigned lead = byte(i);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return continues(i + 1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned second = byte(i + 1);
        const bool overlong = lead == 0xE0 && second < 0xA0;
        const bool surrogate = lead == 0xED && second > 0x9F;
        return continues(i + 1) && continues(i + 2) && !overlong && !surrogate ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned second = byte(i + 1);
        const bool outside = (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
        return continues(i + 1) && continues(i + 2) && continues(i + 3) && !outside ? 4 : 0;
    }
    return 0;
}

} // namespace

std::string validUtf8(std::string text)
{
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t length = sequenceLength(text, i);
        if (length == 0)
            break;
        i += length;
    }
    if (i == text.size())
        return text;
    std::string valid = text.substr(0, i);
    while (i < text.size()) {
        const std::size_t length = sequenceLength(text, i);
        if (length == 0) {
            valid += "\xEF\xBF\xBD";
            ++i;
        } else {
            valid.append(text, i, length);
            i += length;
        }
    }
    return valid;
}

// One pipe. Outlives its owner while a wait is pending, but is silent from then on.
class LogCapture::Stream final : public std::enable_shared_from_this<LogCapture::Stream> {
public:
    Stream(asio::io_context& io, const Clock& clock, UniqueFd fd, LogSink sink)
        : m_clock(clock), m_sink(std::move(sink)), m_pipe(io.get_executor())
    {
        if (fd)
            m_pipe.assign(fd.release());
    }

    void wait()
    {
        if (!m_pipe.is_open())
            return;
        m_pipe.async_wait(asio::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                              if (!error && self->m_pipe.is_open() &&
                                  self->readAvailable(kTurnLimit))
                                  self->wait();
                          });
    }

    void drain()
    {
        readAvailable(kDrainLimit);
        if (!m_line.empty())
            emitLine();
    }

    void stop()
    {
        m_sink = nullptr;
        close();
    }

private:
    // False when the other end has closed.
    bool readAvailable(std::size_t limit)
    {
        std::size_t total = 0;
        while (m_pipe.is_open() && total < limit) {
            char chunk[kReadSize];
            const ssize_t count = ::read(m_pipe.native_handle(), chunk, sizeof chunk);
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0 && errno == EAGAIN)
                return true;
            if (count <= 0) {
                close();
                return false;
            }
            total += static_cast<std::size_t>(count);
            split(chunk, static_cast<std::size_t>(count));
        }
        return m_pipe.is_open();
    }

    void split(const char* data, std::size_t size)
    {
        while (size > 0) {
            const void* found = std::memchr(data, '\n', size);
            std::size_t part = found ? static_cast<const char*>(found) - data : size;
            const bool whole = found && m_line.size() + part <= kMaxLine;
            part = std::min(part, kMaxLine - m_line.size());
            m_line.append(data, part);
            if (whole || m_line.size() == kMaxLine)
                emitLine();
            const std::size_t used = part + (whole ? 1 : 0);
            data += used;
            size -= used;
        }
    }

    void emitLine()
    {
        std::string line = std::exchange(m_line, {});
        if (m_sink)
            m_sink(m_clock.unixMicros(), validUtf8(std::move(line)));
    }

    void close()
    {
        boost::system::error_code ignored;
        m_pipe.close(ignored);
    }

    const Clock& m_clock;
    LogSink m_sink;
    asio::posix::basic_stream_descriptor<asio::io_context::executor_type> m_pipe;
    std::string m_line;
};

LogCapture::LogCapture(asio::io_context& io, const Clock& clock, UniqueFd standardOutput,
                       UniqueFd standardError, LogSink sink)
    : m_output(std::make_shared<Stream>(io, clock, std::move(standardOutput), sink)),
      m_error(std::make_shared<Stream>(io, clock, std::move(standardError), std::move(sink)))
{
    m_output->wait();
    m_error->wait();
}

LogCapture::~LogCapture()
{
    m_output->stop();
    m_error->stop();
}

void LogCapture::drain()
{
    m_output->drain();
    m_error->drain();
}

} // namespace gantry::runtime
