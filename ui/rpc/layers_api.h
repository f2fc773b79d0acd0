#pragma once

#include "ui/rpc/channel.h"
#include "ui/rpc/result.h"

#include <QByteArray>
#include <QList>
#include <QStringList>

#include <functional>
#include <vector>

namespace gantry::rpc {

// One version of a layer.
struct LayerVersion {
    QString layer;
    qint64 version = 0;
    QString arn;
    QString description;
    QString createdDate; // ISO 8601
    QStringList runtimes;      // empty: none named
    QStringList architectures; // likewise
    QString license;
};

struct NewLayerVersion {
    QString layer;
    QString description;
    QStringList runtimes;
    QStringList architectures;
    QString license;
    QByteArray zip;
};

// Layers, by the Lambda API's own operations. Answers come on the GUI thread; one whose context is
// gone is dropped.
class LayersApi final {
public:
    template <class T> using Done = std::function<void(Result<T>)>;

    explicit LayersApi(Channel& channel) : m_channel(channel) {}

    // Every layer's newest version.
    void list(QObject* context, Done<std::vector<LayerVersion>> done);
    // Newest first.
    void listVersions(const QString& layer, QObject* context,
                      Done<std::vector<LayerVersion>> done);
    void publish(const NewLayerVersion& layer, QObject* context, Done<LayerVersion> done);
    void remove(const QString& layer, qint64 version, QObject* context, Done<Nothing> done);

private:
    Channel& m_channel;
};

} // namespace gantry::rpc
