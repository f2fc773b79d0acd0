#pragma once

#include "backend/base/unique_fd.h"

#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

// Packets with file descriptors over a SEQPACKET socket; used by the daemon and by the launcher.
namespace gantry::sandbox {

constexpr std::size_t maxPacketFds = 16;

// Zero, or the errno. EAGAIN when the socket is full and non-blocking.
inline int sendPacket(int socket, std::string_view bytes, std::span<const int> fds = {})
{
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * maxPacketFds)] = {};
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (!fds.empty()) {
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* message = CMSG_FIRSTHDR(&header);
        message->cmsg_level = SOL_SOCKET;
        message->cmsg_type = SCM_RIGHTS;
        message->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(message), fds.data(), fds.size_bytes());
    }
    ssize_t sent;
    do
        sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

struct Packet {
    std::string_view bytes; // into the caller's buffer; empty at the end of the connection
    std::vector<UniqueFd> fds;
    int error = 0; // errno; EMSGSIZE when it did not fit
};

inline Packet receivePacket(int socket, std::span<char> buffer)
{
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * maxPacketFds)];
    iovec part{buffer.data(), buffer.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    ssize_t size;
    do
        size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    while (size < 0 && errno == EINTR);
    Packet packet;
    if (size < 0) {
        packet.error = errno;
        return packet;
    }
    for (cmsghdr* message = CMSG_FIRSTHDR(&header); message;
         message = CMSG_NXTHDR(&header, message)) {
        if (message->cmsg_level != SOL_SOCKET || message->cmsg_type != SCM_RIGHTS)
            continue;
        const std::size_t count = (message->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd;
            std::memcpy(&fd, CMSG_DATA(message) + i * sizeof(int), sizeof fd);
            packet.fds.emplace_back(fd);
        }
    }
    if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
        packet.error = EMSGSIZE;
    else
        packet.bytes = {buffer.data(), static_cast<std::size_t>(size)};
    return packet;
}

} // namespace gantry::sandbox
