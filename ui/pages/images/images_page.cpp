#include "ui/pages/images/images_page.h"

#include "ui/models/format.h"
#include "ui/pages/images/image_forms.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QDateTime>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSplitter>
#include <QStackedLayout>
#include <QTableView>
#include <QUrl>

namespace gantry::ui {

using rpc::LibraryImage;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 32;
constexpr int kRefreshMs = 3000;
constexpr int kShownDigest = 19; // sha256: and twelve digits, as other tools show it

QString idOf(const LibraryImage& image)
{
    return image.repository + u'@' + image.digest;
}

QString archiveOf(const QMimeData* data)
{
    return data->hasUrls() && data->urls().first().isLocalFile() ? data->urls().first().toLocalFile()
                                                                 : QString();
}

QTableView* makeTable(const QString& objectName, const QString& accessibleName,
                      models::TextTableModel& model, std::initializer_list<int> widths)
{
    auto* table = new QTableView;
    widgets::identify(table, objectName, accessibleName);
    table->setModel(&model);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    int column = 0;
    for (const int width : widths)
        table->horizontalHeader()->resizeSection(column++, width);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setStretchLastSection(true);
    return table;
}

} // namespace

Page* makeImagesPage(const Services& services, QWidget* parent)
{
    return new ImagesPage(services, parent);
}

ImagesPage::ImagesPage(const Services& services, QWidget* parent)
    : Page(parent), m_services(services), m_api(*services.channel),
      m_images({tr("Repository"), tr("Tags"), tr("Size"), tr("Architecture"), tr("Pushed"),
                tr("Functions")}),
      m_layers({tr("Layer"), tr("Size"), tr("Kind")}), m_import(new ImportImageForm),
      m_deployForm(new DeployImageForm)
{
    setObjectName(QStringLiteral("imagesPage"));
    setAcceptDrops(true);
    m_header = new widgets::SectionHeader(tr("Container images"),
                                          widgets::SectionHeader::Level::Page, this);
    auto* open = widgets::makeButton(QStringLiteral("importArchive"), tr("Import archive"),
                                     ButtonKind::Primary, QStringLiteral("plus"));
    open->setToolTip(tr("Import an OCI archive, or one that docker save wrote; dropping it here does "
                        "the same"));
    connect(open, &QPushButton::clicked, this, &ImagesPage::chooseArchive);
    m_header->addControl(open);
    m_empty = new widgets::EmptyState;
    m_empty->setIcon(QStringLiteral("layers"));
    m_empty->setTitle(tr("No container images yet"));
    m_empty->setDropHint(tr("Drop an OCI archive here"));
    connect(m_empty->addAction(QStringLiteral("firstImage"), tr("Choose an archive"),
                               QStringLiteral("plus")),
            &QPushButton::clicked, this, &ImagesPage::chooseArchive);
    connectForms();

    auto* stacked = new QWidget;
    m_stack = new QStackedLayout(stacked);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(makeContent());
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kPageMargin, Theme::kPageMargin, Theme::kPageMargin,
                               Theme::kPageMargin);
    column->setSpacing(Theme::kMargin);
    column->addWidget(m_header);
    column->addWidget(m_import);
    column->addWidget(m_deployForm);
    column->addWidget(stacked, 1);
    connect(m_services.channel, &rpc::Channel::stateChanged, this, [this] {
        if (isVisible())
            load();
    });
}

void ImagesPage::connectForms()
{
    m_import->hide();
    m_deployForm->hide();
    connect(m_import, &ImportImageForm::importRequested, this,
            [this](const QString& path, const QString& repository, const QString& tag) {
                m_api.import(path, repository, tag, this, [this](const rpc::Result<QString>& uri) {
                    m_import->setBusy(false);
                    if (!uri)
                        return m_import->showProblem(uri.error().message);
                    m_import->hide();
                    Q_EMIT messageRequested(tr("Imported %1").arg(*uri), false);
                    load();
                });
            });
    connect(m_deployForm, &DeployImageForm::deployRequested, this,
            [this](const rpc::ImageDeployment& deployment) {
                m_api.deploy(deployment, this,
                             [this, name = deployment.function](const rpc::Result<rpc::Nothing>& made) {
                                 m_deployForm->setBusy(false);
                                 if (!made)
                                     return m_deployForm->showProblem(made.error().message);
                                 m_deployForm->hide();
                                 Q_EMIT openRequested(QStringLiteral("functions/") + name);
                             });
            });
}

QWidget* ImagesPage::makeContent()
{
    m_table = makeTable(QStringLiteral("imageTable"), tr("Container images"), m_images,
                        {220, 200, 100, 110, 160, 200});
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &ImagesPage::showImage);
    m_layersHeader = new widgets::SectionHeader(tr("Layers"));
    m_deploy = widgets::makeButton(QStringLiteral("deployImage"), tr("Deploy"), ButtonKind::Primary,
                                   QStringLiteral("deploy"));
    m_copy = widgets::makeButton(QStringLiteral("copyImageUri"), tr("Copy URI"), ButtonKind::Normal,
                                 QStringLiteral("copy"));
    m_copy->setToolTip(tr("Copy what a function names as its ImageUri"));
    m_remove = widgets::makeButton(QStringLiteral("deleteImage"), tr("Delete image"),
                                   ButtonKind::Danger, QStringLiteral("trash"));
    m_remove->setToolTip(tr("Delete the image with its tags; functions that run it go on"));
    connect(m_deploy, &QPushButton::clicked, this, [this] { m_deployForm->begin(*current()); });
    connect(m_copy, &QPushButton::clicked, this, &ImagesPage::copyUri);
    connect(m_remove, &QPushButton::clicked, this, &ImagesPage::askToRemove);
    for (QPushButton* button : {m_deploy, m_copy, m_remove})
        m_layersHeader->addControl(button);
    m_run = widgets::makeCaption({});
    m_run->setObjectName(QStringLiteral("imageProgram"));

    auto* below = new QWidget;
    auto* column = new QVBoxLayout(below);
    column->setContentsMargins(0, Theme::kMargin, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_layersHeader);
    column->addWidget(m_run);
    column->addWidget(makeTable(QStringLiteral("imageLayerTable"), tr("Layers of the image"), m_layers,
                                {240, 110, 300}),
                      1);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(QStringLiteral("imagesSplitter"));
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(m_table);
    splitter->addWidget(below);
    return splitter;
}

void ImagesPage::activated()
{
    load();
    if (m_refresh == 0)
        m_refresh = startTimer(kRefreshMs);
}

void ImagesPage::deactivated()
{
    if (m_refresh != 0)
        killTimer(m_refresh);
    m_refresh = 0;
}

void ImagesPage::timerEvent(QTimerEvent*)
{
    load();
}

void ImagesPage::load()
{
    if (!m_services.channel->isConnected())
        return;
    m_api.list(this, [this](const rpc::Result<rpc::ImageLibrary>& library) {
        if (library)
            taken(*library);
        else if (!library.error().unavailable)
            Q_EMIT messageRequested(library.error().message, true);
    });
}

void ImagesPage::taken(const rpc::ImageLibrary& library)
{
    const QString wanted = current() ? idOf(*current()) : QString();
    m_library = library;
    QList<models::TextTableModel::Row> rows;
    int row = 0;
    for (const LibraryImage& image : library.images) {
        if (idOf(image) == wanted)
            row = int(rows.size());
        const QDateTime pushed = QDateTime::fromMSecsSinceEpoch(image.pushedMs);
        rows.append({idOf(image),
                     {image.repository,
                      image.tags.isEmpty() ? tr("untagged") : image.tags.join(QStringLiteral(", ")),
                      models::formatBytes(image.layerBytes),
                      image.architecture.isEmpty() ? QStringLiteral("–") : image.architecture,
                      QLocale().toString(pushed, QStringLiteral("d MMM yyyy HH:mm")),
                      image.functions.join(QStringLiteral(", "))},
                     image.digest});
    }
    m_images.setRows(rows);
    m_header->setSubtitle(rows.size() == 1 ? tr("1 image, registry %1").arg(library.registry)
                                           : tr("%1 images, registry %2")
                                                 .arg(models::formatCount(rows.size()))
                                                 .arg(library.registry));
    m_empty->setText(tr("A function may be a container image of up to 10 GB instead of a package. Drop "
                        "an archive of one here, or push with skopeo, podman or docker to %1: user AWS, "
                        "password from aws ecr get-login-password.")
                         .arg(library.registry));
    m_stack->setCurrentIndex(rows.isEmpty() ? 0 : 1);
    if (!rows.isEmpty())
        m_table->selectRow(row);
    showImage();
}

const LibraryImage* ImagesPage::current() const
{
    const QModelIndex index = m_table->currentIndex();
    return index.isValid() && index.row() < m_library.images.size()
               ? &m_library.images.at(index.row())
               : nullptr;
}

void ImagesPage::showImage()
{
    const LibraryImage* image = current();
    m_copy->setEnabled(image);
    m_remove->setEnabled(image);
    m_deploy->setEnabled(image && image->problem.isEmpty());
    m_deploy->setToolTip(image && !image->problem.isEmpty()
                             ? tr("No function can be made of it: %1").arg(image->problem)
                             : tr("Create a function that runs the selected image"));
    if (!image)
        return m_layers.setRows({});
    m_layersHeader->setTitle(tr("Layers of %1").arg(image->uri.section(u'/', 1)));
    const QStringList program = image->entryPoint + image->command;
    m_run->setText(!image->problem.isEmpty() ? image->problem
                   : program.isEmpty()
                       ? tr("It names no program: say one in the function's ImageConfig.")
                       : tr("Runs %1 in %2")
                             .arg(program.join(u' '), image->workingDirectory.isEmpty()
                                                          ? QStringLiteral("/")
                                                          : image->workingDirectory));
    QList<models::TextTableModel::Row> rows;
    for (const rpc::ImageLayer& layer : image->layers)
        rows.append({QString::number(rows.size()),
                     {layer.digest.left(kShownDigest), models::formatBytes(layer.bytes), layer.mediaType},
                     layer.digest});
    m_layers.setRows(rows);
}

void ImagesPage::chooseArchive()
{
    auto* dialog = new QFileDialog(this, tr("Import a container image"), {},
                                   tr("Image archives (*.tar *.tar.gz *.tgz *.tar.zst *.oci);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, m_import, &ImportImageForm::begin);
    dialog->open();
}

void ImagesPage::dragEnterEvent(QDragEnterEvent* event)
{
    if (!archiveOf(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void ImagesPage::dropEvent(QDropEvent* event)
{
    m_import->begin(archiveOf(event->mimeData()));
    event->acceptProposedAction();
}

void ImagesPage::copyUri()
{
    QGuiApplication::clipboard()->setText(current()->uri);
    Q_EMIT messageRequested(tr("Copied %1").arg(current()->uri), false);
}

void ImagesPage::askToRemove()
{
    const LibraryImage image = *current();
    auto* box = new QMessageBox(QMessageBox::Question, tr("Delete image"),
                                tr("Delete %1 with its tags from the registry? Functions that run it go "
                                   "on until they are updated.")
                                    .arg(image.uri),
                                QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    auto* confirm = box->addButton(tr("Delete"), QMessageBox::DestructiveRole);
    connect(confirm, &QAbstractButton::clicked, this, [this, image] { remove(image); });
    box->open();
}

void ImagesPage::remove(const LibraryImage& image)
{
    m_api.remove(image.repository, image.digest, this, [this](const rpc::Result<rpc::Nothing>& removed) {
        if (!removed)
            Q_EMIT messageRequested(removed.error().message, true);
        load();
    });
}

} // namespace gantry::ui
