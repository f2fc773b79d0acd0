#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace gantry::api {

// Cuts one page out of a listing whose items come in ascending order of their keys. The marker is
// the key of the last item that the caller has seen, so a page never repeats or skips an item
// because others come and go between two calls.
class LambdaPager final {
public:
    // Lambda's lists give at most 50 items, whatever is asked for.
    static absl::StatusOr<LambdaPager> make(const std::string& marker, bool hasMaxItems,
                                            std::int32_t maxItems);

    const std::string& after() const { return m_after; }
    bool isFull() const { return m_more; }

    // Whether the item belongs on this page.
    bool takes(std::string_view key);

    // Empty on the last page.
    std::string nextMarker() const;

private:
    LambdaPager(std::string after, int room) : m_after(std::move(after)), m_room(room) {}

    std::string m_after;
    int m_room;
    bool m_more = false;
    std::string m_last;
};

// A key that sorts by name, then by number.
std::string pageKey(std::string_view name, std::int64_t number);

} // namespace gantry::api
