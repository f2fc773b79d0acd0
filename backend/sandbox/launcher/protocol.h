#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// What gantryd and gantry-launcher say to each other: one packet of a SEQPACKET socket a message.
// Its first byte is the type; the fields follow in the order of visit(), numbers in host order
// (both programs run on one machine), strings and lists with their length in front. The Hello
// carries the version, so that programs of two builds refuse each other instead of
// misunderstanding.
namespace gantry::sandbox::protocol {

constexpr std::uint32_t version = 5;
constexpr std::size_t maxPacket = 128 * 1024;
constexpr std::size_t maxItems = 4096;
constexpr int socketNumber = 3; // the launcher's end, as it is started

enum class Type : std::uint8_t {
    Hello = 1, // daemon: first message
    Ready,     // launcher: leftovers are gone, starts may come
    Start,     // daemon: run a program in a prepared sandbox
    Started,   // launcher: with the pidfd, listener, standard output and error, service listeners
    Failed,    // launcher: a start (or, with id 0, itself) failed
    Exited,    // launcher: the first process of a sandbox ended
    Release,   // daemon: kill what is in the sandbox and remove its cgroups
    Prepared,  // inside the launcher: a sandbox waits for its program
    Go,        // daemon: the extensions are there, start the program
    ExtensionExited, // launcher: the program of an extension ended
    Connect,   // daemon: make a socket in the sandbox's network
    Socket,    // launcher: with that socket, or without when it could not be made
};

class Writer final {
public:
    explicit Writer(Type type) { m_bytes.push_back(static_cast<char>(type)); }

    template <class... Fields> void operator()(const Fields&... fields) { (put(fields), ...); }
    std::string take() { return std::move(m_bytes); }

private:
    template <class Number>
    requires std::is_arithmetic_v<Number>
    void put(Number value) { m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value); }
    void put(const std::string& text)
    {
        put(static_cast<std::uint32_t>(text.size()));
        m_bytes += text;
    }
    template <class Item> void put(const std::vector<Item>& items)
    {
        put(static_cast<std::uint32_t>(items.size()));
        for (const Item& item : items)
            put(item);
    }
    template <class Record>
    requires std::is_class_v<Record>
    void put(const Record& record)
    {
        const_cast<Record&>(record).visit(*this); // visit only reads when given a Writer
    }

    std::string m_bytes;
};

// Never reads past the packet; once a length does not fit, every further field stays empty.
class Reader final {
public:
    explicit Reader(std::string_view bytes) : m_rest(bytes) {}

    template <class... Fields> void operator()(Fields&... fields) { (get(fields), ...); }
    bool complete() const { return m_good && m_rest.empty(); }

private:
    template <class Number>
    requires std::is_arithmetic_v<Number>
    void get(Number& value)
    {
        if (!has(sizeof value))
            return;
        std::memcpy(&value, m_rest.data(), sizeof value);
        m_rest.remove_prefix(sizeof value);
    }
    void get(std::string& text)
    {
        std::uint32_t size = 0;
        get(size);
        if (!has(size))
            return;
        text.assign(m_rest.substr(0, size));
        m_rest.remove_prefix(size);
    }
    template <class Item> void get(std::vector<Item>& items)
    {
        std::uint32_t count = 0;
        get(count);
        m_good = m_good && count <= maxItems;
        for (std::uint32_t i = 0; m_good && i < count; ++i)
            get(items.emplace_back());
    }
    template <class Record>
    requires std::is_class_v<Record>
    void get(Record& record) { record.visit(*this); }
    bool has(std::size_t size) { return m_good = m_good && size <= m_rest.size(); }

    std::string_view m_rest;
    bool m_good = true;
};

struct Hello {
    static constexpr Type type = Type::Hello;
    std::uint32_t version = protocol::version;
    std::uint8_t isolate = 1;         // 0: the process engine
    std::uint32_t prepared = 0;       // empty sandboxes kept ready
    std::string stateDirectory;       // where the skeleton of the root file system is mounted
    std::vector<std::string> cgroups; // one directory a hierarchy; a sandbox gets a child of each
    template <class A> void visit(A& a) { a(version, isolate, prepared, stateDirectory, cgroups); }
};

struct Ready {
    static constexpr Type type = Type::Ready;
    std::uint8_t unused = 0;
    template <class A> void visit(A& a) { a(unused); }
};

struct Bind {
    std::string source, target;
    template <class A> void visit(A& a) { a(source, target); }
};

// A value for a control file of the sandbox's cgroup in hierarchy `cgroup` of Hello::cgroups.
struct Setting {
    std::uint32_t cgroup = 0;
    std::uint8_t required = 0;
    std::string file, value;
    template <class A> void visit(A& a) { a(cgroup, required, file, value); }
};

// An extension: runs beside the program, with outputs of its own.
struct Extension {
    std::vector<std::string> argv, env;
    template <class A> void visit(A& a) { a(argv, env); }
};

struct Start {
    static constexpr Type type = Type::Start;
    std::uint64_t id = 0;
    std::vector<std::string> argv, env;
    std::string workingDirectory;
    std::string root; // a directory that becomes the root file system; empty: the common one
    std::vector<Bind> binds;
    std::vector<Setting> settings;
    std::string cpuMax; // contents of the file /sys/fs/cgroup/cpu.max that the environment sees
    std::uint64_t tmpBytes = 0;
    std::uint32_t openFiles = 0;
    std::uint32_t processes = 0; // as a resource limit where no cgroup counts them; 0: not so
    std::uint16_t port = 0;      // of the Runtime API; 0: any free one
    std::vector<std::uint16_t> services; // further ports that the daemon is to listen on
    std::vector<std::uint16_t> datagrams; // and of UDP
    std::vector<Extension> extensions; // not empty: the program waits for Go
    std::uint8_t snapshot = 0;  // 1: others will be restored from it
    std::uint64_t origin = 0;   // the start whose program's copy runs; 0: argv is executed
    template <class A> void visit(A& a)
    {
        a(id, argv, env, workingDirectory, root, binds, settings, cpuMax, tmpBytes, openFiles, processes,
          port, services, datagrams, extensions, snapshot, origin);
    }
};

struct Started {
    static constexpr Type type = Type::Started;
    std::uint64_t id = 0;
    std::string slot; // the name of its cgroups
    std::uint16_t port = 0;
    std::int32_t pid = 0; // of the sandbox's first process, as the launcher sees it
    std::uint32_t services = 0; // how many sockets of those follow
    template <class A> void visit(A& a) { a(id, slot, port, pid, services); }
};

struct Failed {
    static constexpr Type type = Type::Failed;
    std::uint64_t id = 0;
    std::int32_t error = 0;
    std::string step; // what could not be done, in words
    template <class A> void visit(A& a) { a(id, error, step); }
};

struct Exited {
    static constexpr Type type = Type::Exited;
    std::uint64_t id = 0;
    std::int32_t status = 0; // as waitpid gives it
    template <class A> void visit(A& a) { a(id, status); }
};

struct ExtensionExited {
    static constexpr Type type = Type::ExtensionExited;
    std::uint64_t id = 0;
    std::uint32_t index = 0;
    std::int32_t status = 0; // as waitpid gives it
    template <class A> void visit(A& a) { a(id, index, status); }
};

struct Go {
    static constexpr Type type = Type::Go;
    std::uint64_t id = 0;
    template <class A> void visit(A& a) { a(id); }
};

struct Connect {
    static constexpr Type type = Type::Connect;
    std::uint64_t id = 0;
    std::uint32_t request = 0; // comes back with the answer
    template <class A> void visit(A& a) { a(id, request); }
};

struct Socket {
    static constexpr Type type = Type::Socket;
    std::uint64_t id = 0;
    std::uint32_t request = 0;
    template <class A> void visit(A& a) { a(id, request); }
};

struct Release {
    static constexpr Type type = Type::Release;
    std::uint64_t id = 0;
    template <class A> void visit(A& a) { a(id); }
};

struct Prepared {
    static constexpr Type type = Type::Prepared;
    std::uint8_t unused = 0;
    template <class A> void visit(A& a) { a(unused); }
};

template <class Message> std::string encode(const Message& message)
{
    Writer writer(Message::type);
    const_cast<Message&>(message).visit(writer);
    return writer.take();
}

// False when the packet is another message or not well formed.
template <class Message> bool decode(std::string_view packet, Message& message)
{
    if (packet.empty() || packet[0] != static_cast<char>(Message::type))
        return false;
    Reader reader(packet.substr(1));
    message.visit(reader);
    return reader.complete();
}

} // namespace gantry::sandbox::protocol
