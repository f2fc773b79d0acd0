#include "backend/images/layer_stream.h"

#include "backend/base/error.h"

#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <unistd.h>

namespace gantry::images {
namespace {

constexpr std::size_t kBuffer = 256 * 1024;

absl::Status broken(const char* what)
{
    return invalidParameter(std::string("The layer is no valid ") + what + " stream.");
}

} // namespace

struct LayerStream::Decoder {
    virtual ~Decoder() = default;
    // Takes from input, answers how much it wrote.
    virtual absl::StatusOr<std::size_t> decode(std::string_view& input, std::string& output) = 0;
    virtual bool complete() const = 0; // the input may end here
};

struct LayerStream::Gzip final : Decoder {
    Gzip() { ::inflateInit2(&stream, 15 + 16); }
    ~Gzip() override { ::inflateEnd(&stream); }

    absl::StatusOr<std::size_t> decode(std::string_view& input, std::string& output) override
    {
        if (ended) // another member follows
            ::inflateReset(&stream);
        ended = false;
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
        stream.avail_in = static_cast<uInt>(input.size());
        stream.next_out = reinterpret_cast<Bytef*>(output.data());
        stream.avail_out = static_cast<uInt>(output.size());
        const int code = ::inflate(&stream, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return broken("gzip");
        ended = code == Z_STREAM_END;
        input.remove_prefix(input.size() - stream.avail_in);
        return output.size() - stream.avail_out;
    }
    bool complete() const override { return ended; }

    z_stream stream{};
    bool ended = false;
};

struct LayerStream::Zstd final : Decoder {
    absl::StatusOr<std::size_t> decode(std::string_view& input, std::string& output) override
    {
        ZSTD_inBuffer in{input.data(), input.size(), 0};
        ZSTD_outBuffer out{output.data(), output.size(), 0};
        const std::size_t code = ::ZSTD_decompressStream(context.get(), &out, &in);
        if (::ZSTD_isError(code))
            return broken("zstd");
        ended = code == 0;
        input.remove_prefix(in.pos);
        return out.pos;
    }
    bool complete() const override { return ended; }

    std::unique_ptr<ZSTD_DCtx, decltype(&::ZSTD_freeDCtx)> context{::ZSTD_createDCtx(),
                                                                   ::ZSTD_freeDCtx};
    bool ended = false;
};

LayerStream::LayerStream(UniqueFd file, const std::atomic<bool>* cancelled)
    : m_file(std::move(file)), m_cancelled(cancelled), m_input(kBuffer, '\0'), m_output(kBuffer, '\0')
{
}

LayerStream::~LayerStream() = default;

absl::StatusOr<std::size_t> LayerStream::fill()
{
    ssize_t size;
    do {
        size = ::read(m_file.get(), m_input.data(), m_input.size());
    } while (size < 0 && errno == EINTR);
    if (size < 0)
        return serviceError(std::string("A layer cannot be read: ") + std::strerror(errno) + ".");
    m_rest = std::string_view(m_input).substr(0, static_cast<std::size_t>(size));
    return m_rest.size();
}

absl::Status LayerStream::begin()
{
    m_begun = true;
    if (const auto filled = fill(); !filled.ok())
        return filled.status();
    if (m_rest.starts_with("\x1f\x8b"))
        m_decoder = std::make_unique<Gzip>();
    else if (m_rest.starts_with("\x28\xb5\x2f\xfd"))
        m_decoder = std::make_unique<Zstd>();
    return absl::OkStatus();
}

absl::StatusOr<std::string_view> LayerStream::read()
{
    if (m_cancelled && *m_cancelled)
        return serviceError("The platform is shutting down.");
    if (!m_begun) {
        if (absl::Status begun = begin(); !begun.ok())
            return begun;
    }
    std::string_view got;
    while (got.empty()) {
        if (m_rest.empty() && !m_pending) {
            const auto filled = fill();
            if (!filled.ok())
                return filled.status();
            if (*filled == 0 && m_decoder && !m_decoder->complete())
                return invalidParameter("The layer ends before its time.");
            if (*filled == 0)
                break;
        }
        if (!m_decoder) {
            got = std::exchange(m_rest, {});
            break;
        }
        const auto size = m_decoder->decode(m_rest, m_output);
        if (!size.ok())
            return size.status();
        got = std::string_view(m_output).substr(0, *size);
        m_pending = *size == m_output.size() && !m_decoder->complete();
    }
    m_total += static_cast<std::int64_t>(got.size());
    m_hasher.add(got);
    return got;
}

} // namespace gantry::images
