#include "backend/base/byte_queue.h"

#include <utility>

namespace gantry {

void ByteQueue::push(std::string bytes)
{
    if (m_cancelled || m_finished)
        return;
    if (m_bytes.empty())
        m_bytes = std::move(bytes);
    else
        m_bytes += bytes;
    give();
}

void ByteQueue::finish(bool complete)
{
    m_finished = true;
    m_complete = complete;
    give();
}

void ByteQueue::read(std::function<void(Part)> done)
{
    m_reader = std::move(done);
    give();
}

void ByteQueue::give()
{
    if (!m_reader || (m_bytes.empty() && !m_finished))
        return;
    Part part;
    part.bytes = std::exchange(m_bytes, {});
    part.last = m_finished;
    part.broken = m_finished && !m_complete;
    const auto reader = std::exchange(m_reader, nullptr);
    reader(std::move(part));
    tellOfRoom();
}

void ByteQueue::onRoom(std::function<void()> callback)
{
    m_room = std::move(callback);
    tellOfRoom();
}

void ByteQueue::tellOfRoom()
{
    if (hasRoom() && m_room)
        std::exchange(m_room, nullptr)();
}

void ByteQueue::cancel()
{
    m_cancelled = true;
    m_bytes.clear();
    m_reader = nullptr;
    tellOfRoom();
}

} // namespace gantry
