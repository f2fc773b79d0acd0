#include "ui/models/chunk_log.h"

#include <algorithm>

namespace gantry::models {

void ChunkLog::add(double atMs, const QByteArray& bytes)
{
    if (bytes.isEmpty())
        return;
    ++m_count;
    m_bytes += bytes.size();
    m_lastMs = atMs;
    if (m_chunks.size() < kShownChunks)
        m_chunks.append({atMs, bytes.size()});
    m_body.append(bytes.left(kShownBytes - m_body.size()));
}

} // namespace gantry::models
