#pragma once

#include "ui/rpc/function_settings_api.h"
#include "ui/rpc/layers_api.h"

#include <QFrame>

#include <vector>

class QComboBox;
class QLabel;
class QListWidget;
class QPushButton;

namespace gantry::ui {

// The layers of a function in the order in which they are merged to /opt: added from the library,
// taken away, moved. Nothing changes before Save.
class LayersCard final : public QFrame {
    Q_OBJECT
public:
    explicit LayersCard(rpc::Channel& channel, QWidget* parent = nullptr);

    // What the platform says; edits that are not saved are kept while it is the same function.
    void open(const QString& function, const QString& runtime, const QStringList& arns,
              const QString& revisionId);
    void loadLibrary();

private:
    void build();
    void fillVersions();
    void add();
    void removeCurrent();
    void move(int by);
    void setRows(const QStringList& arns);
    QStringList rows() const;
    void updateControls();
    void save();

    rpc::FunctionSettingsApi m_api;
    rpc::LayersApi m_library;
    QString m_function;
    QString m_runtime;
    QString m_revisionId;
    QStringList m_base;
    std::vector<rpc::LayerVersion> m_available; // the newest of each layer
    QListWidget* m_list;
    QComboBox* m_layer;
    QComboBox* m_version;
    QPushButton* m_add;
    QPushButton* m_up;
    QPushButton* m_down;
    QPushButton* m_remove;
    QPushButton* m_save;
    QLabel* m_status;
};

} // namespace gantry::ui
