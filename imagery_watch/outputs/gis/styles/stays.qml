<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="AllStyleCategories" labelsEnabled="1" hasScaleBasedVisibilityFlag="0" maxScale="0" minScale="100000000">
  <flags>
    <Identifiable>1</Identifiable>
    <Removable>1</Removable>
    <Searchable>1</Searchable>
  </flags>
  <temporal enabled="1" mode="2" startField="seen_from" endField="seen_to" durationField="" durationUnit="min" fixedDuration="0" accumulate="0" limitMode="0" startExpression="" endExpression="">
    <fixedRange><start></start><end></end></fixedRange>
  </temporal>
  <renderer-v2 type="singleSymbol" enableorderby="0" forceraster="0" symbollevels="0">
    <symbols>
      <symbol name="0" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="circle"/>
            <Option name="color" type="QString" value="0,0,0,0"/>
            <Option name="outline_color" type="QString" value="26,28,33,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="1.1"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="size" type="QString" value="3.4"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
          </Option>
        </layer>
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="circle"/>
            <Option name="color" type="QString" value="0,0,0,0"/>
            <Option name="outline_color" type="QString" value="255,255,255,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.6"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="size" type="QString" value="3.4"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
          </Option>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <labeling type="simple">
    <settings calloutType="simple">
      <text-style fieldName="concat('stood ', round(&quot;dwell_min_hours&quot; / 24, 1), ' to ', coalesce(to_string(round(&quot;dwell_max_hours&quot; / 24, 1)), '?'), ' days')" isExpression="1" fontFamily="Sans Serif" fontSize="7" fontSizeUnit="Point" fontWeight="50" textColor="80,84,92,255" textOpacity="1" multilineHeight="1" namedStyle="" previewBkgrdColor="255,255,255,255">
        <text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" bufferColor="255,255,255,255" bufferOpacity="1" bufferNoFill="1" bufferJoinStyle="128"/>
      </text-style>
      <text-format multilineAlign="0" wrapChar="" autoWrapLength="0"/>
      <placement placement="6" predefinedPositionOrder="R,L,TR,BR,TL,BL" dist="2.2" distUnits="MM" offsetType="1" priority="3" polygonPlacementFlags="2" centroidWhole="1"/>
      <rendering drawLabels="1" scaleVisibility="1" scaleMin="0" scaleMax="20000" obstacle="1" obstacleFactor="1" upsidedownLabels="0" fontMinPixelSize="3" fontMaxPixelSize="10000" maxNumLabels="2000" zIndex="0"/>
    </settings>
  </labeling>
  <previewExpression>"id"</previewExpression>
  <mapTip>&lt;p&gt;An object of about [% round("length_m") %] m on [% "apron" %], seen from [% format_date("seen_from", 'yyyy-MM-dd HH:mm') %] to [% format_date("seen_to", 'yyyy-MM-dd HH:mm') %] UTC.&lt;/p&gt;</mapTip>
  <layerGeometryType>0</layerGeometryType>
</qgis>
