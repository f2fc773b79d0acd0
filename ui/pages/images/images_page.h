#pragma once

#include "ui/models/text_table_model.h"
#include "ui/pages/page.h"
#include "ui/rpc/images_api.h"

class QLabel;
class QPushButton;
class QStackedLayout;
class QTableView;

namespace gantry::widgets {
class EmptyState;
class SectionHeader;
} // namespace gantry::widgets

namespace gantry::ui {

class DeployImageForm;
class ImportImageForm;

// The library of container images: drop an archive, see layers and sizes, make a function of it.
class ImagesPage final : public Page {
    Q_OBJECT
public:
    ImagesPage(const Services& services, QWidget* parent);

    QString title() const override { return tr("Images"); }
    void activated() override;
    void deactivated() override;

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void timerEvent(QTimerEvent* event) override;

private:
    QWidget* makeContent();
    void connectForms();
    void load();
    void taken(const rpc::ImageLibrary& library);
    void showImage();
    void chooseArchive();
    void copyUri();
    void askToRemove();
    void remove(const rpc::LibraryImage& image);
    const rpc::LibraryImage* current() const;

    Services m_services;
    rpc::ImagesApi m_api;
    rpc::ImageLibrary m_library;
    models::TextTableModel m_images;
    models::TextTableModel m_layers;
    int m_refresh = 0; // timer; others push and delete, too
    widgets::SectionHeader* m_header = nullptr;
    widgets::SectionHeader* m_layersHeader = nullptr;
    widgets::EmptyState* m_empty = nullptr;
    ImportImageForm* m_import = nullptr;
    DeployImageForm* m_deployForm = nullptr;
    QStackedLayout* m_stack = nullptr;
    QTableView* m_table = nullptr;
    QLabel* m_run = nullptr;
    QPushButton* m_deploy = nullptr;
    QPushButton* m_copy = nullptr;
    QPushButton* m_remove = nullptr;
};

} // namespace gantry::ui
