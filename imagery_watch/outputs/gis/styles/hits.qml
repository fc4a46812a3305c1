<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="AllStyleCategories" labelsEnabled="1" hasScaleBasedVisibilityFlag="0" maxScale="0" minScale="100000000">
  <flags>
    <Identifiable>1</Identifiable>
    <Removable>1</Removable>
    <Searchable>1</Searchable>
  </flags>
  <temporal enabled="1" mode="2" startField="before" endField="after" durationField="" durationUnit="min" fixedDuration="0" accumulate="0" limitMode="0" startExpression="" endExpression="">
    <fixedRange><start></start><end></end></fixedRange>
  </temporal>
  <renderer-v2 type="RuleRenderer" enableorderby="0" forceraster="0" symbollevels="0">
    <rules key="{hits}">
      <rule key="{arrival}" symbol="0" label="possible arrival" filter="&quot;status&quot; &lt;&gt; 'withdrawn' AND &quot;kind&quot; = 'arrival'"/>
      <rule key="{departure}" symbol="1" label="possible departure" filter="&quot;status&quot; &lt;&gt; 'withdrawn' AND &quot;kind&quot; = 'departure'"/>
      <rule key="{replacement}" symbol="2" label="one left, another came" filter="&quot;status&quot; &lt;&gt; 'withdrawn' AND &quot;kind&quot; = 'replacement'"/>
      <rule key="{withdrawn}" symbol="3" label="withdrawn" filter="&quot;status&quot; = 'withdrawn'"/>
    </rules>
    <symbols>
      <symbol name="0" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="triangle"/>
            <Option name="angle" type="QString" value="180"/>
            <Option name="color" type="QString" value="0,114,178,255"/>
            <Option name="outline_color" type="QString" value="255,255,255,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.4"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="joinstyle" type="QString" value="miter"/>
            <Option name="size" type="QString" value="4"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="scale_method" type="QString" value="diameter"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="horizontal_anchor_point" type="QString" value="1"/>
            <Option name="vertical_anchor_point" type="QString" value="1"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties" type="Map">
                <Option name="size" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value='2.6 + "length_m" / 18'/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="fillColor" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="if(&quot;object&quot; = 'open', color_rgba(255, 255, 255, 120), color_rgb(0, 114, 178))"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="outlineColor" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="if(&quot;object&quot; = 'open', color_rgb(0, 114, 178), color_rgb(255, 255, 255))"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="offset" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="'0,' || to_string((2.6 + &quot;length_m&quot; / 18) / 2)"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
              </Option>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="1" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="triangle"/>
            <Option name="angle" type="QString" value="0"/>
            <Option name="color" type="QString" value="230,159,0,255"/>
            <Option name="outline_color" type="QString" value="255,255,255,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.4"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="joinstyle" type="QString" value="miter"/>
            <Option name="size" type="QString" value="4"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="scale_method" type="QString" value="diameter"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="horizontal_anchor_point" type="QString" value="1"/>
            <Option name="vertical_anchor_point" type="QString" value="1"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties" type="Map">
                <Option name="size" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value='2.6 + "length_m" / 18'/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="fillColor" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="if(&quot;object&quot; = 'open', color_rgba(255, 255, 255, 120), color_rgb(230, 159, 0))"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="outlineColor" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="if(&quot;object&quot; = 'open', color_rgb(230, 159, 0), color_rgb(255, 255, 255))"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="offset" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="'0,' || to_string((2.6 + &quot;length_m&quot; / 18) / 2)"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
              </Option>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="2" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="diamond"/>
            <Option name="angle" type="QString" value="0"/>
            <Option name="color" type="QString" value="204,121,167,255"/>
            <Option name="outline_color" type="QString" value="255,255,255,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.4"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="joinstyle" type="QString" value="miter"/>
            <Option name="size" type="QString" value="4"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="scale_method" type="QString" value="diameter"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="horizontal_anchor_point" type="QString" value="1"/>
            <Option name="vertical_anchor_point" type="QString" value="1"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option name="name" type="QString" value=""/>
              <Option name="properties" type="Map">
                <Option name="size" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value='2.6 + "length_m" / 18'/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="fillColor" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="if(&quot;object&quot; = 'open', color_rgba(255, 255, 255, 120), color_rgb(204, 121, 167))"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
                <Option name="outlineColor" type="Map">
                  <Option name="active" type="bool" value="true"/>
                  <Option name="expression" type="QString" value="if(&quot;object&quot; = 'open', color_rgb(204, 121, 167), color_rgb(255, 255, 255))"/>
                  <Option name="type" type="int" value="3"/>
                </Option>
              </Option>
              <Option name="type" type="QString" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol name="3" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" type="QString" value="cross2"/>
            <Option name="angle" type="QString" value="0"/>
            <Option name="color" type="QString" value="128,128,128,255"/>
            <Option name="outline_color" type="QString" value="128,128,128,255"/>
            <Option name="outline_style" type="QString" value="solid"/>
            <Option name="outline_width" type="QString" value="0.6"/>
            <Option name="outline_width_unit" type="QString" value="MM"/>
            <Option name="size" type="QString" value="3"/>
            <Option name="size_unit" type="QString" value="MM"/>
            <Option name="offset" type="QString" value="0,0"/>
            <Option name="offset_unit" type="QString" value="MM"/>
            <Option name="horizontal_anchor_point" type="QString" value="1"/>
            <Option name="vertical_anchor_point" type="QString" value="1"/>
          </Option>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <labeling type="simple">
    <settings calloutType="simple">
      <text-style fieldName="concat(if(&quot;simulated&quot;, 'simulated: ', ''), if(&quot;status&quot; = 'withdrawn', 'withdrawn ', ''), &quot;kind&quot;, ', ', round(&quot;length_m&quot;), ' m', if(&quot;object&quot; = 'open', '?', ''), '\nby ', format_date(&quot;after&quot;, 'yyyy-MM-dd'))" isExpression="1" fontFamily="Sans Serif" fontSize="8" fontSizeUnit="Point" fontWeight="50" textColor="26,28,33,255" textOpacity="1" multilineHeight="1" namedStyle="" previewBkgrdColor="255,255,255,255">
        <text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" bufferColor="255,255,255,255" bufferOpacity="1" bufferNoFill="1" bufferJoinStyle="128"/>
      </text-style>
      <text-format multilineAlign="0" wrapChar="" autoWrapLength="0"/>
      <placement placement="6" predefinedPositionOrder="R,L,TR,BR,TL,BL" dist="1.5" distUnits="MM" offsetType="1" priority="9" polygonPlacementFlags="2" centroidWhole="1"/>
      <dd_properties>
        <Option type="Map">
          <Option name="name" type="QString" value=""/>
          <Option name="properties" type="Map">
            <Option name="PredefinedPositionOrder" type="Map">
              <Option name="active" type="bool" value="true"/>
              <Option name="expression" type="QString" value="case when &quot;kind&quot; = 'arrival' then 'TR,TL,R,L' when &quot;kind&quot; = 'departure' then 'BR,BL,R,L' else 'R,L' end"/>
              <Option name="type" type="int" value="3"/>
            </Option>
          </Option>
          <Option name="type" type="QString" value="collection"/>
        </Option>
      </dd_properties>
      <rendering drawLabels="1" scaleVisibility="0" scaleMin="0" scaleMax="0" obstacle="1" obstacleFactor="1" upsidedownLabels="0" fontMinPixelSize="3" fontMaxPixelSize="10000" maxNumLabels="2000" zIndex="0"/>
    </settings>
  </labeling>
  <previewExpression>concat("kind", ' ', "id")</previewExpression>
  <mapTip>[% if("simulated", '&lt;b&gt;SIMULATED, not observed.&lt;/b&gt;&lt;br&gt;', '') %]&lt;p&gt;[% "summary" %]&lt;/p&gt;&lt;p&gt;Score [% round("score", 1) %], length [% round("length_low_m") %] to [% round("length_high_m") %] m, status [% "status" %]. Not a sighting: check before you publish.&lt;/p&gt;[% if("chip" is null, '', '&lt;img width="700" src="file:///' || regexp_replace(layer_property(@layer_id, 'source'), '^/|[^/]*$', '') || "chip" || '"&gt;') %]</mapTip>
  <layerGeometryType>0</layerGeometryType>
</qgis>
