#pragma once

#include "backend/base/unique_fd.h"
#include "backend/images/digest.h"

#include <absl/status/statusor.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gantry::images {

// The tar inside a file: read as it is, or from gzip or zstd, which its first bytes tell. What it
// gives is counted and hashed, so that a bomb is noticed while it goes off. Blocking.
class LayerStream final {
public:
    // With cancelled, reading fails once that is set.
    explicit LayerStream(UniqueFd file, const std::atomic<bool>* cancelled = nullptr);
    ~LayerStream();

    // The next bytes; nothing at the end. Valid until the next call.
    absl::StatusOr<std::string_view> read();
    std::int64_t total() const { return m_total; }
    std::string digest() { return m_hasher.digest(); } // of all that was read; once

private:
    struct Decoder;
    struct Gzip;
    struct Zstd;

    absl::StatusOr<std::size_t> fill(); // the input; 0 at its end
    absl::Status begin();

    UniqueFd m_file;
    const std::atomic<bool>* m_cancelled;
    std::string m_input, m_output;
    std::string_view m_rest; // of the input
    std::unique_ptr<Decoder> m_decoder; // null: as it is
    bool m_begun = false;
    bool m_pending = false; // the decoder may give more without input
    Hasher m_hasher;
    std::int64_t m_total = 0;
};

} // namespace gantry::images
