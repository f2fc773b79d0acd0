#pragma once

#include "ui/models/package_pack.h"
#include "ui/rpc/layers_api.h"

#include <QFrame>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace gantry::ui {

// What a new layer version is made from: a folder or a zip, a name, and what it fits.
class PublishLayerForm final : public QFrame {
    Q_OBJECT
public:
    explicit PublishLayerForm(QWidget* parent = nullptr);

    // An empty name asks for one; a given one is fixed.
    void begin(const QString& layer);
    void showProblem(const QString& problem);
    void setBusy(bool busy);
    void setPath(const QString& path);

Q_SIGNALS:
    void publishRequested(const gantry::rpc::NewLayerVersion& layer);
    void cancelled();

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void browse(bool folder);
    void pack();
    void packed(const models::PackedPackage& package);
    void check();
    rpc::NewLayerVersion values() const;

    QString m_path;
    QLineEdit* m_name;
    QLineEdit* m_description;
    QLineEdit* m_runtimes;
    QCheckBox* m_x86;
    QCheckBox* m_arm;
    QLabel* m_source;
    QLabel* m_problem;
    QPushButton* m_publish;
    bool m_busy = false;
};

} // namespace gantry::ui
