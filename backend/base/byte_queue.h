#pragma once

#include "backend/base/http.h"

#include <cstddef>
#include <functional>
#include <string>

namespace gantry {

// A body between who makes it and who sends it: the maker waits for room, the sender for bytes, so
// that a slow reader holds the maker up instead of filling memory. I/O thread only. Callbacks may
// come from inside the calls here.
class ByteQueue final : public BodySource {
public:
    // Has room while it holds fewer bytes than this.
    static constexpr std::size_t kCapacity = 256 * 1024;

    // The maker's end. Bytes that nobody will read any more are dropped, and there is always room.
    bool hasRoom() const { return m_cancelled || m_bytes.size() < kCapacity; }
    void push(std::string bytes);
    // Once, when there is room; it replaces one that still waits.
    void onRoom(std::function<void()> callback);
    // incomplete: the reader must see that the body broke off.
    void finish(bool complete);

    // The reader's end.
    void read(std::function<void(Part)> done) override;
    void cancel() override;

private:
    void give();
    void tellOfRoom();

    std::string m_bytes;
    bool m_finished = false;
    bool m_complete = false;
    bool m_cancelled = false;
    std::function<void(Part)> m_reader;
    std::function<void()> m_room;
};

} // namespace gantry
