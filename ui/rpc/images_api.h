#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <functional>

namespace gantry::rpc {

struct ImageLayer {
    QString digest;
    QString mediaType;
    qint64 bytes = 0;
};

struct LibraryImage {
    QString repository;
    QStringList tags;
    QString digest;
    QString uri; // what a function names as its ImageUri
    qint64 pushedMs = 0;
    qint64 layerBytes = 0;
    QString architecture;
    QList<ImageLayer> layers; // the lowest first
    QStringList entryPoint, command;
    QString workingDirectory;
    QString problem; // why functions cannot be made of it
    QStringList functions;
};

struct ImageLibrary {
    QString registry; // host:port to push to
    QList<LibraryImage> images;
};

struct ImageDeployment {
    QString function;
    QString imageUri;
    QString architecture = QStringLiteral("x86_64");
    QString role = QStringLiteral("arn:aws:iam::000000000000:role/gantry");
    int memoryMb = 512;
    int timeoutS = 30;
};

// The library of container images. Answers come on the GUI thread; one whose context is gone is
// dropped.
class ImagesApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit ImagesApi(Channel& channel) : m_channel(channel) {}

    void list(QObject* context, Done<ImageLibrary> done);
    // Reads an archive of this machine; an empty repository or tag is what the archive says. Answers
    // the image's URI.
    void import(const QString& path, const QString& repository, const QString& tag, QObject* context,
                Done<QString> done);
    void remove(const QString& repository, const QString& digest, QObject* context,
                Done<Nothing> done);
    // Creates a function of it.
    void deploy(const ImageDeployment& deployment, QObject* context, Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
