#include "backend/observe/logs/journal.h"

#include "backend/base/clock.h"
#include "backend/store/files.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <zlib.h>

namespace gantry::observe::logs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "GNTLOG1\n";
constexpr std::string_view kSuffix = ".log";

// Before each line. The size is stored last: a line that the daemon's death cut short is not there.
struct Header {
    std::uint32_t size; // of what follows; 0 is the end of the segment
    std::uint32_t crc;  // of what follows
};

struct Fixed {
    std::int64_t id;
    std::int64_t timeMicros;
    std::int64_t ingestedMicros;
    std::uint32_t group, function, request, stream, message; // lengths
    std::uint32_t source;
};

constexpr std::size_t kAlign = 8;
constexpr std::size_t kSmallest = 1 << 20; // a segment that takes the longest line
constexpr std::size_t kMapped = 1 << 20; // of what is written in a segment stays in the process
constexpr std::int64_t kRetryMicros = 100'000; // after a segment could not be had

std::size_t aligned(std::size_t size)
{
    return (size + kAlign - 1) / kAlign * kAlign;
}

fs::path segmentFile(const fs::path& directory, std::int64_t number)
{
    return directory / absl::StrCat(number, std::string(kSuffix));
}

std::uint32_t checksum(const char* data, std::size_t size)
{
    return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(data), size));
}

Fixed fixedOf(const LogLine& line)
{
    const invoke::LogEntry& e = line.entry;
    const auto length = [](const std::string& text) {
        return static_cast<std::uint32_t>(text.size());
    };
    return {line.id,
            e.timeMicros,
            line.ingestedMicros,
            length(e.logGroup),
            length(e.functionName),
            length(e.requestId),
            length(e.logStream),
            length(e.message),
            static_cast<std::uint32_t>(e.source)};
}

std::size_t sizeOf(const Fixed& f)
{
    return sizeof f + f.group + f.function + f.request + f.stream + f.message;
}

LogLine decode(std::string_view bytes)
{
    Fixed fixed;
    std::memcpy(&fixed, bytes.data(), sizeof fixed);
    bytes.remove_prefix(sizeof fixed);
    const auto take = [&bytes](std::uint32_t size) {
        std::string text(bytes.substr(0, size));
        bytes.remove_prefix(text.size());
        return text;
    };
    LogLine line;
    line.id = fixed.id;
    line.entry.timeMicros = fixed.timeMicros;
    line.ingestedMicros = fixed.ingestedMicros;
    line.entry.logGroup = take(fixed.group);
    line.entry.functionName = take(fixed.function);
    line.entry.requestId = take(fixed.request);
    line.entry.logStream = take(fixed.stream);
    line.entry.message = take(fixed.message);
    line.entry.source = static_cast<invoke::LogEntry::Source>(fixed.source);
    return line;
}

} // namespace

struct Journal::Segment {
    ~Segment()
    {
        if (memory)
            ::munmap(memory, size);
    }

    // Smaller when the disk has no room for so much.
    static absl::StatusOr<std::unique_ptr<Segment>> create(const fs::path& file, std::size_t size)
    {
        auto made = createOf(file, size);
        for (int i = 0; !made.ok() && i < 2 && size / 4 >= kSmallest; ++i) {
            size /= 4;
            made = createOf(file, size);
        }
        return made;
    }

    // Takes the whole size from the disk at once: writing to the memory can then not fail.
    static absl::StatusOr<std::unique_ptr<Segment>> createOf(const fs::path& file, std::size_t size)
    {
        const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!fd)
            return store::fileError(file, errno);
        auto segment = std::make_unique<Segment>();
        int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size));
        if (error == 0) {
            void* memory =
                ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
            if (memory == MAP_FAILED)
                error = errno;
            else
                segment->memory = static_cast<char*>(memory);
        }
        if (error != 0) {
            ::unlink(file.c_str());
            return store::fileError(file, error);
        }
        segment->size = size;
        std::memcpy(segment->memory, kMagic.data(), kMagic.size());
        return segment;
    }

    // What lies behind is the kernel's to keep; the process does not look at it again.
    void written(std::size_t end)
    {
        if (end < unmapped + kMapped)
            return;
        const std::size_t whole = end / kMapped * kMapped;
        ::madvise(memory + unmapped, whole - unmapped, MADV_DONTNEED);
        unmapped = whole;
    }

    char* memory = nullptr;
    std::size_t size = 0;
    std::size_t unmapped = 0;
};

// The next segment, made ahead on the worker's thread.
struct Journal::Prepared {
    std::mutex mutex;
    std::unique_ptr<Segment> segment;
    std::int64_t number = 0;
    std::int64_t retryAtMicros = 0; // I/O thread only
};

absl::StatusOr<std::unique_ptr<Journal>> Journal::open(fs::path directory, std::int64_t segment,
                                                       JournalOptions options)
{
    std::error_code error;
    fs::create_directories(directory, error);
    if (error)
        return store::fileError(directory, error.value());
    std::unique_ptr<Journal> journal(new Journal(std::move(directory), options));
    journal->m_firstKept = segment;
    journal->m_end = {segment - 1, 0};
    journal->nextSegment(); // a full disk must not keep the platform from starting
    return journal;
}

Journal::Journal(fs::path directory, JournalOptions options)
    : m_directory(std::move(directory)), m_options(options),
      m_prepared(std::make_shared<Prepared>())
{
}

Journal::~Journal() = default;

bool Journal::append(const LogLine& line)
{
    const Fixed fixed = fixedOf(line);
    const std::size_t size = sizeOf(fixed);
    const std::size_t needed = aligned(sizeof(Header) + size);
    const auto fits = [&] {
        return m_current && static_cast<std::size_t>(m_end.offset) + needed <= m_current->size;
    };
    if (needed + kMagic.size() > static_cast<std::size_t>(m_options.segmentBytes))
        return false;
    if (!fits() && (!nextSegment() || !fits()))
        return false;
    char* const start = m_current->memory + m_end.offset;
    char* to = start + sizeof(Header);
    const auto put = [&to](const void* data, std::size_t bytes) {
        std::memcpy(to, data, bytes);
        to += bytes;
    };
    put(&fixed, sizeof fixed);
    for (const std::string* text : {&line.entry.logGroup, &line.entry.functionName,
                                    &line.entry.requestId, &line.entry.logStream,
                                    &line.entry.message})
        put(text->data(), text->size());
    auto* header = reinterpret_cast<Header*>(start);
    header->crc = checksum(start + sizeof(Header), size);
    std::atomic_ref<std::uint32_t>(header->size)
        .store(static_cast<std::uint32_t>(size), std::memory_order_release);
    m_end.offset += static_cast<std::int64_t>(needed);
    m_current->written(static_cast<std::size_t>(m_end.offset));
    if (m_end.offset > m_options.segmentBytes / 2)
        prepareNext();
    return true;
}

bool Journal::nextSegment()
{
    const std::int64_t number = m_end.segment + 1;
    if (number - m_firstKept >= m_options.maxSegments)
        return false;
    std::unique_ptr<Segment> next;
    {
        const std::scoped_lock lock(m_prepared->mutex);
        if (m_prepared->segment && m_prepared->number == number)
            next = std::move(m_prepared->segment);
    }
    if (!next) {
        const std::int64_t now = monotonicMicros();
        if (now < m_prepared->retryAtMicros)
            return false;
        auto made = Segment::create(segmentFile(m_directory, number),
                                    static_cast<std::size_t>(m_options.segmentBytes));
        if (!made.ok()) {
            m_prepared->retryAtMicros = now + kRetryMicros;
            return false;
        }
        next = *std::move(made);
    }
    m_current = std::move(next);
    m_end = {number, static_cast<std::int64_t>(kMagic.size())};
    m_preparing = false;
    return true;
}

void Journal::prepareNext()
{
    if (std::exchange(m_preparing, true) ||
        m_end.segment + 1 - m_firstKept >= m_options.maxSegments)
        return;
    m_worker.post([prepared = m_prepared, number = m_end.segment + 1, directory = m_directory,
                   size = static_cast<std::size_t>(m_options.segmentBytes)] {
        const std::scoped_lock lock(prepared->mutex);
        auto made = Segment::create(segmentFile(directory, number), size);
        if (!made.ok())
            return; // tried again when it is needed
        prepared->segment = *std::move(made);
        prepared->number = number;
    });
}

void Journal::release(JournalPosition before)
{
    for (; m_firstKept < before.segment; ++m_firstKept)
        m_worker.post([file = segmentFile(m_directory, m_firstKept)] { ::unlink(file.c_str()); });
}

std::vector<std::int64_t> journalSegments(const fs::path& directory)
{
    std::vector<std::int64_t> numbers;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
        const std::string stem = entry.path().stem().string();
        std::int64_t number = 0;
        const auto parsed = std::from_chars(stem.data(), stem.data() + stem.size(), number);
        if (entry.path().extension() == kSuffix && parsed.ec == std::errc() &&
            parsed.ptr == stem.data() + stem.size())
            numbers.push_back(number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

void removeJournal(const fs::path& directory)
{
    for (const std::int64_t number : journalSegments(directory))
        ::unlink(segmentFile(directory, number).c_str());
}

namespace {

// Reads one segment as a sequence of records. The file may still be written behind `to`.
class SegmentReader final {
public:
    SegmentReader(fs::path file, std::int64_t from, std::int64_t to)
        : m_file(std::move(file)), m_fd(::open(m_file.c_str(), O_RDONLY | O_CLOEXEC)),
          m_at(std::max<std::int64_t>(from, static_cast<std::int64_t>(kMagic.size()))), m_to(to)
    {
    }

    absl::Status each(const std::function<void(LogLine)>& line)
    {
        if (!m_fd)
            return errno == ENOENT ? absl::OkStatus() : store::fileError(m_file, errno);
        while (m_at < m_to) {
            if (const absl::Status status = fill(sizeof(Header)); !status.ok())
                return status;
            Header header{};
            if (available() < sizeof header)
                return absl::OkStatus();
            std::memcpy(&header, data(), sizeof header);
            if (header.size < sizeof(Fixed) || header.size > static_cast<std::size_t>(m_to))
                return absl::OkStatus(); // the end, or what a power cut left
            const std::size_t record = aligned(sizeof header + header.size);
            if (const absl::Status status = fill(record); !status.ok())
                return status;
            if (available() < sizeof header + header.size)
                return absl::OkStatus();
            const std::string_view bytes(data() + sizeof header, header.size);
            Fixed fixed;
            std::memcpy(&fixed, bytes.data(), sizeof fixed);
            if (checksum(bytes.data(), bytes.size()) != header.crc || sizeOf(fixed) != header.size)
                return absl::OkStatus();
            line(decode(bytes));
            m_at += static_cast<std::int64_t>(record);
        }
        return absl::OkStatus();
    }

private:
    const char* data() const { return m_buffer.data() + (m_at - m_bufferStart); }
    std::size_t available() const
    {
        const std::int64_t end = m_bufferStart + static_cast<std::int64_t>(m_buffer.size());
        return end > m_at ? static_cast<std::size_t>(end - m_at) : 0;
    }

    absl::Status fill(std::size_t wanted)
    {
        constexpr std::size_t kRead = 128 << 10;
        if (m_bufferStart >= 0 && available() >= wanted)
            return absl::OkStatus();
        m_buffer.resize(std::max(wanted, kRead));
        const ssize_t got = ::pread(m_fd.get(), m_buffer.data(), m_buffer.size(), m_at);
        if (got < 0)
            return store::fileError(m_file, errno);
        m_buffer.resize(static_cast<std::size_t>(got));
        m_bufferStart = m_at;
        return absl::OkStatus();
    }

    const fs::path m_file;
    const UniqueFd m_fd;
    std::int64_t m_at;
    const std::int64_t m_to;
    std::string m_buffer;
    std::int64_t m_bufferStart = -1;
};

} // namespace

absl::Status readJournal(const fs::path& directory, JournalPosition from, JournalPosition to,
                         const std::function<void(LogLine)>& each)
{
    for (const std::int64_t number : journalSegments(directory)) {
        if (number < from.segment || number > to.segment)
            continue;
        const fs::path file = segmentFile(directory, number);
        std::error_code error;
        const auto size = static_cast<std::int64_t>(fs::file_size(file, error));
        if (error)
            continue;
        SegmentReader reader(file, number == from.segment ? from.offset : 0,
                             number == to.segment ? std::min(to.offset, size) : size);
        if (const absl::Status status = reader.each(each); !status.ok())
            return status;
    }
    return absl::OkStatus();
}

} // namespace gantry::observe::logs
