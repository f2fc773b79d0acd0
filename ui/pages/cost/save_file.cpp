#include "ui/pages/cost/save_file.h"

#include <QBuffer>
#include <QFileDialog>
#include <QFileInfo>
#include <QImage>
#include <QSaveFile>

namespace gantry::ui {

void saveFile(QWidget* parent, const QString& title, const QString& name, const QByteArray& content,
              std::function<void(const QString& text, bool isError)> told)
{
    auto* dialog = new QFileDialog(parent, title);
    dialog->setObjectName(QStringLiteral("saveDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QFileInfo(name).suffix());
    dialog->selectFile(name);
    QObject::connect(dialog, &QFileDialog::fileSelected, parent, [content, told](const QString& path) {
        QSaveFile file(path);
        const bool saved = file.open(QIODevice::WriteOnly) && file.write(content) == content.size() &&
                           file.commit();
        told(saved ? QFileDialog::tr("Saved %1").arg(path)
                   : QFileDialog::tr("%1 could not be written: %2").arg(path, file.errorString()),
             !saved);
    });
    dialog->open();
}

QByteArray pngOf(QWidget& widget)
{
    constexpr double kScale = 2;
    QImage image(widget.size() * kScale, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(kScale);
    image.fill(widget.palette().color(QPalette::Window));
    widget.render(&image, {}, {}, QWidget::DrawChildren);
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return png;
}

} // namespace gantry::ui
