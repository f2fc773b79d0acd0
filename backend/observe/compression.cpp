#include "backend/observe/compression.h"

#include <zstd.h>

#include <memory>

namespace gantry::observe {
namespace {

constexpr std::size_t kMaxSize = 64 << 20;

struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

} // namespace

std::string compress(std::string_view data, int level)
{
    thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
    std::string out(ZSTD_compressBound(data.size()), '\0');
    const std::size_t size = ZSTD_compressCCtx(context.get(), out.data(), out.size(), data.data(),
                                               data.size(), level);
    out.resize(ZSTD_isError(size) ? 0 : size);
    return out;
}

std::optional<std::string> decompress(std::string_view data)
{
    thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
    const unsigned long long size = ZSTD_getFrameContentSize(data.data(), data.size());
    if (size > kMaxSize) // which the codes for "unknown" and "error" are, too
        return std::nullopt;
    std::string out(size, '\0');
    const std::size_t got =
        ZSTD_decompressDCtx(context.get(), out.data(), out.size(), data.data(), data.size());
    return got == size ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace gantry::observe
