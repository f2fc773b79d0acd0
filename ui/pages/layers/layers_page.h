#pragma once

#include "ui/models/layer_versions_model.h"
#include "ui/pages/page.h"
#include "ui/rpc/layers_api.h"

class QPushButton;
class QStackedLayout;
class QTableView;

namespace gantry::widgets {
class EmptyState;
class SectionHeader;
} // namespace gantry::widgets

namespace gantry::ui {

class PublishLayerForm;

// The library of layers: what there is, the versions of each, a new version from a folder or a zip.
class LayersPage final : public Page {
    Q_OBJECT
public:
    LayersPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Layers"); }
    void show(const QString& subRoute) override; // a layer's name
    void activated() override;

private:
    QWidget* makeContent();
    QTableView* makeTable(const QString& objectName, const QString& accessibleName,
                          models::LayerVersionsModel& model);
    void load();
    void taken(const rpc::Result<std::vector<rpc::LayerVersion>>& layers);
    void loadVersions();
    void openForm(bool forNewLayer);
    void askToRemove();
    void remove(const rpc::LayerVersion& version);
    void copyArn();
    void updateActions();
    const rpc::LayerVersion* currentVersion() const;

    Services m_services;
    rpc::LayersApi m_api;
    QString m_layer; // whose versions are shown
    models::LayerVersionsModel m_layers;
    models::LayerVersionsModel m_versions;
    widgets::SectionHeader* m_header = nullptr;
    widgets::SectionHeader* m_versionsHeader = nullptr;
    widgets::EmptyState* m_empty = nullptr;
    PublishLayerForm* m_form = nullptr;
    QStackedLayout* m_stack = nullptr;
    QTableView* m_layerTable = nullptr;
    QTableView* m_versionTable = nullptr;
    QPushButton* m_copy = nullptr;
    QPushButton* m_share = nullptr;
    QPushButton* m_remove = nullptr;
};

} // namespace gantry::ui
